"""How much may come in, to the last piece."""

import pytest

from ordering.json_input import ContractError
from ordering.model import parse_order
from ordering.stock.catalogue import MOST, Catalogue, parse_stock_item
from ordering.stock.plan import Check
from ordering.stock.reservations import Inventory
from ordering.stock.restocking import Restocks, UnknownSku, parse_restock
from ordering.stock.seen_rows import SeenRows
from ordering.stock.turns import Turns
from ordering.stock.waiting import Lines
from tests.in_memory_table import InMemoryTable

ITEM = {"description": "Tea", "unitPrice": 250, "currency": "EUR"}


def restocks(
    available: int, table: InMemoryTable | None = None, seen: SeenRows | None = None
) -> Restocks:
    table, seen = table or InMemoryTable(), seen or SeenRows()
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


def test_a_repeat_answers_the_same_though_there_is_no_room_for_its_pieces_any_more() -> None:
    shop = restocks(MOST - 3)
    first = shop.restock("TEA", 2, "key")
    assert shop.restock("TEA", 1).available == MOST
    assert shop.restock("TEA", 2, "key") == first


def test_a_repeat_answers_the_same_though_the_sku_is_gone() -> None:
    shop = restocks(5)
    first = shop.restock("TEA", 2, "key")
    shop._table.delete("main", "sku:TEA")
    assert shop.restock("TEA", 2, "key") == first
    with pytest.raises(UnknownSku):
        shop.restock("TEA", 2, "another key")


def test_a_check_after_a_restock_is_not_refused_for_what_this_process_saw_before() -> None:
    table, seen = InMemoryTable(), SeenRows()
    shop, requests = restocks(5, table, seen), []
    inventory = Inventory(table, seen=seen)  # type: ignore[arg-type]
    for name in ("o-1", "o-2"):
        shop.restock("TEA", 1)
        items = [{"sku": "TEA", "quantity": 1}]
        order = {"orderId": name, "customerId": "a", "items": items, "paymentMethod": "x"}
        before = table.requests
        assert inventory.check_and_reserve(parse_order(order))
        requests.append(table.requests - before)
    assert requests == [2, 2], "it is read, then changed"
