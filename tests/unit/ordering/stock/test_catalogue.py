from typing import Any

import pytest

from ordering.json_input import ContractError
from ordering.stock.catalogue import parse_stock_item

ITEM: dict[str, Any] = {
    "description": "Green tea, 100 g",
    "unitPrice": 250,
    "currency": "EUR",
    "available": 5,
}


def test_an_item_is_read_and_written_as_it_came() -> None:
    assert parse_stock_item(ITEM).to_json() == ITEM


def test_a_free_item_and_none_in_stock_are_fine() -> None:
    assert parse_stock_item({**ITEM, "unitPrice": 0, "available": 0}).available == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("unitPrice", bad) for bad in (-1, 10**9 + 1, 2.5, "5", True, None)),
        *(("available", bad) for bad in (-1, 10**9 + 1, 2.5, "5", True, None)),
        *(("currency", bad) for bad in ("eur", "EURO", "EU", "EUR\n", "", 5, None)),
        *(("description", bad) for bad in ("", " ", "a\tb", "a" * 201, "\ud800", 5, None)),
        ("sku", "TEA"),
    ],
)
def test_a_bad_field_is_named(name: str, value: object) -> None:
    with pytest.raises(ContractError) as caught:
        parse_stock_item({**ITEM, name: value})
    assert [error["field"] for error in caught.value.errors] == [name]


def test_every_missing_field_is_named() -> None:
    with pytest.raises(ContractError) as caught:
        parse_stock_item({})
    assert {error["field"] for error in caught.value.errors} == set(ITEM)
