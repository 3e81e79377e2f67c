import json

from ordering.stock.rows import Line, Reservation, dump, load

# What a string property of a table holds at most, in UTF-16 code units:
# https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
LONGEST_PROPERTY = 32 * 1024


def test_lines_are_read_as_they_were_written() -> None:
    lines = (Line("TEA", 'Tea "gr\N{LATIN SMALL LETTER U WITH DIAERESIS}n" \\', 2, 250),)
    assert load(dump(lines)) == lines


def test_the_longest_order_fits_one_property() -> None:
    for widest in ("\N{GRINNING FACE}", '"', "\\", "\N{CJK UNIFIED IDEOGRAPH-8336}"):
        line = Line("S" * 64, widest * 200, 10_000, 10**9)
        assert len(dump([line] * 50).encode("utf-16-le")) / 2 < LONGEST_PROPERTY


def test_a_total_is_the_sum_of_its_lines() -> None:
    lines = (Line("TEA", "Tea", 2, 250), Line("MUG", "Mug", 10_000, 10**9))
    assert Reservation("held", "EUR", lines).total == 500 + 10**13


def test_what_is_stored_is_plain_json() -> None:
    assert json.loads(dump([Line("TEA", "Tea", 2, 250)])) == [
        {"sku": "TEA", "description": "Tea", "quantity": 2, "unitPrice": 250}
    ]
