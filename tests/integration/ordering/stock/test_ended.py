"""The orders that ended are found by their end, newest first, for what they are."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ordering.cleanup import OpenOrder
from ordering.model import OrderRequest
from ordering.shop import Shop
from ordering.stock.ended import Position, position
from ordering.stock.rows import WAREHOUSE, beginning_with, open_key, order_key, row
from ordering.storage.transactions import Delete, Replace

Order = Callable[..., OrderRequest]
START = datetime(2027, 1, 1, tzinfo=timezone.utc)


@pytest.fixture
def at(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], datetime]:
    """Set the warehouse's clock to so many seconds after the start."""

    def set_clock(seconds: int) -> datetime:
        then = START + timedelta(seconds=seconds)
        monkeypatch.setattr(shop.inventory, "_now", lambda: then)
        return then

    return set_clock


def ids(page: list[Position]) -> list[str]:
    return [found.order_id for found in page]


def keys(shop: Shop, prefix: str) -> list[str]:
    pages = shop.cleanup._table.pages(beginning_with(prefix))
    return [str(found["RowKey"]) for page in pages for found in page]


def opened(shop: Shop) -> list[OpenOrder]:
    return [order for page in shop.cleanup.open_orders() for order in page]


def test_an_order_is_listed_by_the_decision_that_ended_it_whatever_it_was_at(
    shop: Shop, stock: Any, order: Order
) -> None:
    stock("TEA", 2)
    shop.check_and_reserve(order("held", TEA=2))
    shop.check_and_reserve(order("waiting", TEA=1))
    for name in ("held", "waiting", "never-checked"):
        shop.release(name, "Cancelled")
        shop.release(name, "Cancelled")
    assert sorted(ids(shop.ended.page("Cancelled", 10))) == ["held", "never-checked", "waiting"]
    assert shop.ended.page("Expired", 10) == []


@pytest.mark.parametrize("stage", [None, "Failed", "Invoiced", "Cancelled:x", 5])
def test_what_is_no_decision_is_not_listed(
    shop: Shop, stock: Any, order: Order, stage: Any
) -> None:
    stock("TEA", 2)
    shop.check_and_reserve(order("o-1", TEA=2))
    assert shop.release("o-1", stage) is True
    assert keys(shop, "ended:") == keys(shop, "closed:") == []


def test_to_list_an_order_costs_no_request(
    shop: Shop, stock: Any, order: Order, requests: Any
) -> None:
    stock("TEA", 9)
    costs = []
    for name, stage in (("a", None), ("b", "Cancelled")):
        shop.check_and_reserve(order(name, TEA=1))
        costs.append(requests.of(lambda n=name, s=stage: shop.release(n, s)))
    assert costs[0] == costs[1]


def test_an_order_keeps_the_place_of_its_first_check_whatever_becomes_of_it(
    shop: Shop, stock: Any, order: Order, at: Any
) -> None:
    stock("TEA", 2)
    places = {name: position(at(now), name) for now, name in enumerate(["held", "short", "late"])}
    at(0)
    shop.check_and_reserve(order("held", TEA=2))
    at(1)
    shop.check_and_reserve(order("short", TEA=1))
    at(2)
    shop.check_and_reserve(order("late", TEA=2))
    checked = shop.cleanup.opened()
    assert {name: position(then, name) for name, then in checked.items()} == places
    at(60)
    shop.release("held", "Cancelled")
    # It waited, and has its stock now.
    assert shop.check_and_reserve(order("short", TEA=1)) is True
    at(120)
    shop.release("short", "PaymentDeclined")
    shop.release("late", "Expired")
    assert shop.ended.page("Cancelled", 9) == [places["held"]]
    assert shop.ended.page("PaymentDeclined", 9) == [places["short"]]
    assert shop.ended.page("Expired", 9) == [places["late"]]
    assert shop.ended.page(None, 9) == [places["late"], places["short"], places["held"]]
    assert shop.ended.page("Invoiced", 9) == []


def test_invoiced_orders_are_listed_as_they_are_closed_for_a_request_each_33(
    shop: Shop, stock: Any, order: Order, requests: Any, at: Any
) -> None:
    stock("TEA", 1000)
    names = [f"o-{number:02d}" for number in range(40)]
    for number, name in enumerate(names):
        at(number)
        shop.check_and_reserve(order(name, TEA=1))
    assert requests.of(lambda: shop.cleanup.close_invoiced(opened(shop))) == 2 + 2, "and to find"
    assert ids(shop.ended.page("Invoiced", 100)) == names[::-1]
    assert keys(shop, "open:") == []
    shop.cleanup.close_invoiced([])


def test_two_sweeps_at_once_list_every_invoiced_order_once(
    shop: Shop, stock: Any, order: Order
) -> None:
    stock("TEA", 9)
    for name in ("a", "b", "c"):
        shop.check_and_reserve(order(name, TEA=1))
    seen = opened(shop)
    shop.cleanup.close_invoiced(seen[1:2])
    shop.cleanup.close_invoiced(seen)
    shop.cleanup.close_invoiced(seen)
    assert sorted(ids(shop.ended.page("Invoiced", 9))) == ["a", "b", "c"]
    assert keys(shop, "open:") == []


def test_an_order_that_was_archived_meanwhile_is_not_listed_again(
    shop: Shop, stock: Any, order: Order
) -> None:
    stock("TEA", 9)
    for name in ("a", "b"):
        shop.check_and_reserve(order(name, TEA=1))
    seen = opened(shop)
    shop.cleanup._table.transact([Delete(row(order_key("a")))])
    shop.cleanup.close_invoiced(seen)
    assert ids(shop.ended.page("Invoiced", 9)) == ["b"]


def test_what_an_earlier_version_has_closed_is_listed_once_and_what_is_open_is_not(
    shop: Shop, stock: Any, order: Order, requests: Any, at: Any
) -> None:
    stock("TEA", 3)
    then = at(7)
    for name in ("a-open", "b-sold", "c-sold", "d-waits", "e-given-back"):
        shop.check_and_reserve(order(name, TEA=1))
    shop.release("e-given-back")
    shop.cleanup.close(["b-sold", "c-sold", "e-given-back"])
    # As it was released by a version that knew no list of all.
    shop.release("f-cancelled", "Cancelled")
    [closed] = keys(shop, "closed:")
    table = shop.cleanup._table
    stored = {k: v for k, v in table.get(WAREHOUSE, order_key("f-cancelled")).items() if v}
    stored.pop("closedRow")
    table.transact([Replace(stored), Delete(row(closed))])
    walk = lambda: list(shop.cleanup.ended_before(START))  # noqa: E731
    dear = requests.of(walk)
    assert shop.ended.page("Invoiced", 9) == [
        position(then, "b-sold"),
        position(then, "c-sold"),
    ]
    assert ids(shop.ended.page(None, 9)) == ["b-sold", "c-sold", "f-cancelled"]
    assert ids(shop.ended.page("Cancelled", 9)) == ["f-cancelled"]
    shop.cleanup.close_invoiced(opened(shop))
    # Which of the held ones are open, and one transaction.
    assert requests.of(walk) == dear - 2


def test_the_newest_come_first_page_by_page(shop: Shop, at: Any) -> None:
    names = [f"o-{number}" for number in range(7)]
    for number, name in enumerate(names):
        at(number)
        shop.inventory.release(name, "Expired")
    found: list[Position] = []
    while page := shop.ended.page("Expired", 3, found[-1] if found else None):
        found += page
    assert ids(found) == names[::-1]


def test_a_page_of_them_costs_one_request_however_many_orders_there_are(
    shop: Shop, stock: Any, order: Order, requests: Any
) -> None:
    stock("TEA", 1000)
    for number in range(30):
        shop.check_and_reserve(order(f"o-{number}", TEA=1))
    shop.release("o-7", "Cancelled")
    assert requests.of(lambda: shop.ended.page("Cancelled", 100)) == 1
    assert ids(shop.ended.page("Cancelled", 100)) == ["o-7"]


def test_an_order_of_fifty_lines_is_released_and_listed_in_one_transaction(
    shop: Shop, stock: Any, order: Order
) -> None:
    items = {f"SKU{number:02d}": 1 for number in range(50)}
    for sku in items:
        stock(sku, 1)
    shop.check_and_reserve(order("big", **items))
    assert shop.release("big", "Cancelled") is True
    assert ids(shop.ended.page("Cancelled", 5)) == ["big"]


@pytest.mark.parametrize(
    "then", [datetime(1970, 1, 1, tzinfo=timezone.utc), datetime(2999, 1, 1, tzinfo=timezone.utc)]
)
def test_every_moment_has_a_place_of_ten_digits(then: datetime) -> None:
    assert 0 <= position(then, "o-1").left <= 9_999_999_999


def test_an_order_stays_open_until_it_is_listed(shop: Shop, stock: Any, order: Order) -> None:
    """Wherever a sweep ends, an order is in one of the two places."""
    stock("TEA", 9)
    shop.check_and_reserve(order("o-1", TEA=1))
    [seen] = opened(shop)
    transact, sent = shop.cleanup._table.transact, []
    shop.cleanup._table.transact = lambda operations: (  # type: ignore[method-assign]
        sent.append({str(each.row["RowKey"]).split(":")[0] for each in operations})
        or transact(operations)
    )
    shop.cleanup.close_invoiced([seen])
    assert {"open", "closed"} <= sent[0]
    assert shop.cleanup._table.get(WAREHOUSE, open_key("o-1")) is None


def test_an_order_that_is_undone_while_the_archive_reads_is_not_listed_as_invoiced(
    shop: Shop, stock: Any, order: Order
) -> None:
    stock("TEA", 9)
    shop.check_and_reserve(order("o-1", TEA=1))
    walk = shop.cleanup._walk

    def walk_and_be_overtaken(*args: Any, **options: Any) -> Any:
        for page in walk(*args, **options):
            shop.release("o-1")
            shop.cleanup.close(["o-1"])
            yield page

    shop.cleanup._walk = walk_and_be_overtaken  # type: ignore[method-assign]
    list(shop.cleanup.ended_before(START))
    assert keys(shop, "closed:") == []
