"""The orders that a decision ended are found by it, for what they are and not for what there is."""

from collections.abc import Callable
from typing import Any

import pytest

from ordering.model import OrderRequest
from ordering.shop import Shop
from ordering.stock.ended import is_place
from ordering.stock.rows import beginning_with

Order = Callable[..., OrderRequest]


def test_an_order_is_listed_by_the_decision_that_ended_it_whatever_it_was_at(
    shop: Shop, stock: Any, order: Order
) -> None:
    stock("TEA", 2)
    shop.check_and_reserve(order("held", TEA=2))
    shop.check_and_reserve(order("waiting", TEA=1))
    for name in ("held", "waiting", "never-checked"):
        shop.release(name, "Cancelled")
        shop.release(name, "Cancelled")
    found, place = shop.ended.page("Cancelled", 10)
    assert (sorted(found), place) == (["held", "never-checked", "waiting"], None)
    assert shop.ended.page("Expired", 10) == ([], None)


@pytest.mark.parametrize("stage", [None, "Failed", "Invoiced", "Cancelled:x", 5])
def test_what_is_no_decision_is_not_listed(
    shop: Shop, stock: Any, order: Order, stage: Any
) -> None:
    stock("TEA", 2)
    shop.check_and_reserve(order("o-1", TEA=2))
    assert shop.release("o-1", stage) is True
    assert list(shop.cleanup._table.pages(beginning_with("ended:"))) == [[]]


def test_to_list_an_order_costs_no_request(
    shop: Shop, stock: Any, order: Order, requests: Any
) -> None:
    stock("TEA", 9)
    costs = []
    for name, stage in (("a", None), ("b", "Cancelled")):
        shop.check_and_reserve(order(name, TEA=1))
        costs.append(requests.of(lambda n=name, s=stage: shop.release(n, s)))
    assert costs[0] == costs[1]


def test_the_newest_come_first_page_by_page(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"o-{number}" for number in range(7)]
    for number, name in enumerate(names):
        then = shop.inventory._now().replace(year=2027, second=number)
        monkeypatch.setattr(shop.inventory, "_now", lambda then=then: then)
        shop.inventory.release(name, "Expired")
    found: list[str] = []
    place: str | None = ""
    while place is not None:
        page, place = shop.ended.page("Expired", 3, place)
        assert place is None or is_place(place)
        found += page
    assert found == names[::-1]


def test_a_page_of_them_costs_one_request_however_many_orders_there_are(
    shop: Shop, stock: Any, order: Order, requests: Any
) -> None:
    stock("TEA", 1000)
    for number in range(30):
        shop.check_and_reserve(order(f"o-{number}", TEA=1))
    shop.release("o-7", "Cancelled")
    assert requests.of(lambda: shop.ended.page("Cancelled", 100)) == 1
    assert shop.ended.page("Cancelled", 100) == (["o-7"], None)


def test_an_order_of_fifty_lines_is_released_and_listed_in_one_transaction(
    shop: Shop, stock: Any, order: Order
) -> None:
    items = {f"SKU{number:02d}": 1 for number in range(50)}
    for sku in items:
        stock(sku, 1)
    shop.check_and_reserve(order("big", **items))
    assert shop.release("big", "Cancelled") is True
    assert shop.ended.page("Cancelled", 5) == (["big"], None)


@pytest.mark.parametrize(
    ("text", "legal"),
    [
        ("0123456789:o-1", True),
        ("", False),
        ("0123456789:", False),
        ("0123456789:o'1", False),
        ("012345678:o-1", False),
        ("0123456789:o-1\n", False),
        ("\u0661123456789:o-1", False),
    ],
)
def test_a_place_in_the_list_is_told_from_other_texts(text: str, legal: bool) -> None:
    assert is_place(text) is legal
