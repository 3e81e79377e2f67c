from ordering.stock.seen_rows import SeenRows
from ordering.storage.tables import Row


def test_only_so_many_rows_are_remembered_the_last_used_ones() -> None:
    seen = SeenRows(most=2)
    for key in ("sku:A", "sku:B", "sku:A", "sku:C"):
        seen.put({key: Row({"RowKey": key})})
    assert set(seen.get(["sku:A", "sku:B", "sku:C"])) == {"sku:A", "sku:C"}
