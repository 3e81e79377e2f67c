from ordering.stock.seen_rows import SeenRows
from ordering.storage.tables import Row


def test_only_so_many_rows_are_cached_the_last_used_ones() -> None:
    seen = SeenRows(most=2)
    for key in ("sku:A", "sku:B"):
        seen.put({key: Row({"RowKey": key}, "etag")})
    assert seen.get(["sku:A"])
    seen.put({"sku:C": Row({"RowKey": "sku:C"}, "etag")})
    assert set(seen.get(["sku:A", "sku:B", "sku:C"])) == {"sku:A", "sku:C"}


def test_what_was_read_without_a_turn_does_not_replace_what_was_written() -> None:
    seen = SeenRows()
    seen.put({"sku:A": Row({}, "written")})
    seen.add({"sku:A": Row({}, "read before"), "sku:B": Row({}, "read")})
    assert {key: row.etag for key, row in seen.get(["sku:A", "sku:B"]).items()} == {
        "sku:A": "written",
        "sku:B": "read",
    }
