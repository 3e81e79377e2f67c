from azure.data.tables import TableEntity

from ordering.stock.rows import integer, number, row
from ordering.stock.seen_rows import SeenRows, WrittenRow


def test_only_so_many_rows_are_remembered_the_last_used_ones() -> None:
    seen = SeenRows(most=2)
    for key in ("sku:A", "sku:B", "sku:A", "sku:C"):
        seen.put({key: TableEntity(RowKey=key)})
    assert set(seen.get(["sku:A", "sku:B", "sku:C"])) == {"sku:A", "sku:C"}


def test_a_row_as_written_has_its_new_numbers_and_its_new_etag() -> None:
    before = WrittenRow(row("sku:A", available=integer(3), currency="EUR"), "old")
    after = WrittenRow({**before, **row("sku:A", available=integer(2))}, "new")
    assert (number(after, "available"), after["currency"]) == (2, "EUR")
    assert (before.metadata["etag"], after.metadata["etag"]) == ("old", "new")
