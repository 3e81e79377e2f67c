"""How much may come in, to the last piece."""

import pytest

from ordering.json_input import ContractError
from ordering.stock.catalogue import MOST, Catalogue, parse_stock_item
from ordering.stock.plan import Check
from ordering.stock.restocking import Restocks, parse_restock
from ordering.stock.seen_rows import SeenRows
from ordering.stock.turns import Turns
from ordering.stock.waiting import Lines
from tests.in_memory_table import InMemoryTable

ITEM = {"description": "Tea", "unitPrice": 250, "currency": "EUR"}


def restocks(available: int) -> Restocks:
    table, seen = InMemoryTable(), SeenRows()
    item = parse_stock_item({**ITEM, "available": available})
    Catalogue(table, seen).set_item("TEA", item)  # type: ignore[arg-type]
    return Restocks(table, Lines(table), Turns[Check](), seen)  # type: ignore[arg-type]


def test_stock_may_grow_to_the_limit_and_not_over_it() -> None:
    shop = restocks(MOST - 2)
    assert shop.restock("TEA", 1).available == MOST - 1
    assert shop.restock("TEA", 1).available == MOST
    with pytest.raises(ContractError, match=f"would bring the stock to {MOST + 1}; at most {MOST}"):
        shop.restock("TEA", 1)


def test_all_that_may_be_kept_may_come_in_at_once() -> None:
    assert MOST == 10**9
    assert restocks(0).restock("TEA", parse_restock({"quantity": MOST})).available == MOST
    for quantity in (0, MOST + 1):
        with pytest.raises(ContractError):
            parse_restock({"quantity": quantity})
