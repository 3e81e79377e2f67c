import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ordering.errors import MixedCurrencies
from ordering.model import OrderRequest
from ordering.shop import Shop, open_shop
from ordering.stock.catalogue import parse_stock_item
from ordering.stock.rows import WAREHOUSE, beginning_with, order_key
from ordering.storage.tables import Table, connect

Order = Callable[..., OrderRequest]
Stock = Callable[..., None]
Available = Callable[[str], int]

TEA = {"description": "Tea", "unitPrice": 250, "currency": "EUR"}


def rows(storage: str, prefix: str) -> list[str]:
    pages = Table(connect(storage), "inventory").pages(beginning_with(prefix))
    return [row["RowKey"] for page in pages for row in page]


def in_line(storage: str) -> list[str]:
    """Return the ids of the orders in all lines, by SKU and age."""
    return [key.split(":")[-1] for key in rows(storage, "waiting:")]


def test_stock_that_suffices_is_reserved(
    shop: Shop, stock: Stock, order: Order, available: Available
) -> None:
    stock("TEA", 5)
    assert shop.inventory.check_and_reserve(order("o-1", TEA=2)) is True
    assert available("TEA") == 3


def test_all_lines_are_reserved_or_none(
    shop: Shop, stock: Stock, order: Order, available: Available
) -> None:
    stock("TEA", 5)
    stock("MUG", 1)
    assert shop.inventory.check_and_reserve(order("o-1", TEA=2, MUG=2)) is False
    assert (available("TEA"), available("MUG")) == (5, 1)


def test_the_last_piece_can_be_reserved(
    shop: Shop, stock: Stock, order: Order, available: Available
) -> None:
    stock("TEA", 2)
    assert shop.inventory.check_and_reserve(order("o-1", TEA=2)) is True
    assert available("TEA") == 0


def test_a_repeat_changes_nothing_and_answers_the_same(
    shop: Shop, stock: Stock, order: Order, available: Available
) -> None:
    stock("TEA", 2)
    answers = [shop.inventory.check_and_reserve(order("o-1", TEA=2)) for _ in range(3)]
    assert answers == [True, True, True]
    assert available("TEA") == 0


def test_a_sku_that_is_not_in_the_catalogue_counts_as_out_of_stock(
    shop: Shop, stock: Stock, order: Order, storage: str
) -> None:
    assert shop.inventory.check_and_reserve(order("o-1", TEA=1)) is False
    assert in_line(storage) == ["o-1"]


def test_an_order_that_is_short_waits_once_since_its_first_check(
    shop: Shop, stock: Stock, order: Order, storage: str
) -> None:
    stock("TEA", 1)
    table = Table(connect(storage), "inventory")
    shop.inventory.check_and_reserve(order("o-1", TEA=2))
    first = table.get(WAREHOUSE, order_key("o-1"))
    shop.inventory.check_and_reserve(order("o-1", TEA=2))
    again = table.get(WAREHOUSE, order_key("o-1"))
    assert first is not None and (first["state"], first["needs"]) == ("waiting", '{"TEA":2}')
    assert first == again
    assert rows(storage, "waiting:") == [f"waiting:TEA:{first['since']}:o-1"]


def test_reserving_ends_the_waiting(
    shop: Shop, stock: Stock, order: Order, storage: str, available: Available
) -> None:
    stock("TEA", 1)
    assert shop.inventory.check_and_reserve(order("o-1", TEA=2)) is False
    stock("TEA", 4)
    assert shop.inventory.check_and_reserve(order("o-1", TEA=2)) is True
    assert in_line(storage) == []
    assert available("TEA") == 2


def test_twenty_orders_racing_for_seven_items_get_exactly_seven(
    shop: Shop, stock: Stock, order: Order, storage: str, available: Available
) -> None:
    stock("TEA", 7)
    start = threading.Barrier(20)

    def race(number: int) -> bool:
        start.wait()
        return shop.inventory.check_and_reserve(order(f"o-{number}", TEA=1))

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(race, range(20)))
    assert sum(answers) == 7
    assert available("TEA") == 0
    assert len(rows(storage, "order:")) == 20
    assert len(in_line(storage)) == 13


def test_orders_of_two_processes_race_for_one_sku_without_starving(
    storage: str, stock: Stock, order: Order, available: Available
) -> None:
    stock("TEA", 20)
    shops = [open_shop(storage), open_shop(storage)]

    def race(number: int) -> bool:
        return shops[number % 2].inventory.check_and_reserve(order(f"o-{number}", TEA=1))

    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(race, range(60)))
    assert sum(answers) == 20
    assert available("TEA") == 0
    assert len(in_line(storage)) == 40


def test_orders_that_want_the_same_sku_go_together(
    shop: Shop, stock: Stock, order: Order, requests: Any
) -> None:
    stock("TEA", 15)

    def race() -> None:
        with ThreadPoolExecutor(30) as pool:
            placed = [order(f"o-{number}", TEA=1) for number in range(30)]
            list(pool.map(shop.inventory.check_and_reserve, placed))

    # The first reads; those that come meanwhile are reserved or put in line together.
    assert requests.of(race) <= 1 + 10


def test_the_same_order_checked_many_times_at_once_is_reserved_once(
    shop: Shop, stock: Stock, order: Order, available: Available
) -> None:
    stock("TEA", 10)
    start = threading.Barrier(8)

    def race(_: int) -> bool:
        start.wait()
        return shop.inventory.check_and_reserve(order("o-1", TEA=3))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(race, range(8)))
    assert available("TEA") == 7


@pytest.mark.parametrize("lines", [1, 50])
def test_reserving_costs_one_request_once_the_stock_was_seen(
    shop: Shop, stock: Stock, order: Order, lines: int, requests: Any
) -> None:
    items = {f"SKU{number:02d}": 3 for number in range(lines)}
    for sku in items:
        stock(sku, 10, description="\N{TEACUP WITHOUT HANDLE}" * 200)
    first = requests.of(lambda: shop.inventory.check_and_reserve(order("o-1", **items)))
    assert first == lines + 1
    assert requests.of(lambda: shop.inventory.check_and_reserve(order("o-2", **items))) == 1
    assert requests.of(lambda: shop.inventory.check_and_reserve(order("o-3", **items))) == 1
    for order_id in ("o-1", "o-2", "o-3"):
        reserved = shop.inventory.reservation(order_id)
        assert reserved is not None and len(reserved.lines) == lines


def test_what_another_process_changed_is_not_reserved_as_it_was_seen(
    storage: str, shop: Shop, stock: Stock, order: Order, available: Available
) -> None:
    stock("TEA", 10, unitPrice=250)
    assert shop.inventory.check_and_reserve(order("o-1", TEA=1))
    other = open_shop(storage)
    other.catalogue.set_item("TEA", parse_stock_item({**TEA, "unitPrice": 300, "available": 5}))
    assert shop.inventory.check_and_reserve(order("o-2", TEA=4))
    reserved = shop.inventory.reservation("o-2")
    assert reserved is not None and reserved.total == 4 * 300
    assert available("TEA") == 1


def test_what_another_process_sold_is_not_sold_again(
    storage: str, shop: Shop, stock: Stock, order: Order, available: Available
) -> None:
    stock("TEA", 3)
    assert shop.inventory.check_and_reserve(order("o-1", TEA=1))
    assert open_shop(storage).inventory.check_and_reserve(order("o-2", TEA=1))
    assert shop.inventory.check_and_reserve(order("o-3", TEA=2)) is False
    assert available("TEA") == 1
    assert in_line(storage) == ["o-3"]


def test_an_order_that_waited_in_another_process_waits_no_more_once_it_holds(
    storage: str, shop: Shop, stock: Stock, order: Order
) -> None:
    stock("TEA", 1)
    assert open_shop(storage).inventory.check_and_reserve(order("o-1", TEA=2)) is False
    stock("TEA", 9)
    # This process has seen the stock now, and has not seen that the order waits.
    assert shop.inventory.check_and_reserve(order("o-2", TEA=1))
    assert shop.inventory.check_and_reserve(order("o-1", TEA=2))
    assert in_line(storage) == []


def test_an_order_released_by_another_process_gets_no_stock_that_was_seen(
    storage: str, shop: Shop, stock: Stock, order: Order, available: Available
) -> None:
    stock("TEA", 9)
    assert shop.inventory.check_and_reserve(order("o-1", TEA=1))
    open_shop(storage).inventory.release("o-2")
    assert shop.inventory.check_and_reserve(order("o-2", TEA=1)) is False
    assert available("TEA") == 8


def test_an_order_that_waited_is_reserved_with_one_request_once_the_stock_was_seen(
    storage: str, shop: Shop, stock: Stock, order: Order, requests: Any
) -> None:
    stock("TEA", 1)
    assert shop.inventory.check_and_reserve(order("o-1", TEA=2)) is False
    stock("TEA", 9)
    assert shop.inventory.check_and_reserve(order("o-2", TEA=1))
    assert requests.of(lambda: shop.inventory.check_and_reserve(order("o-1", TEA=2))) == 1
    assert in_line(storage) == []


def test_a_repeat_costs_three_requests(
    shop: Shop, stock: Stock, order: Order, available: Available, requests: Any
) -> None:
    stock("TEA", 9)
    assert shop.inventory.check_and_reserve(order("o-1", TEA=1))
    again = requests.of(lambda: shop.inventory.check_and_reserve(order("o-1", TEA=1)))
    assert again == 3, "it is tried, looked up, and the sweep is told to look at it again"
    assert available("TEA") == 8


def test_stock_of_two_currencies_seen_before_one_was_changed_is_looked_at_again(
    storage: str, shop: Shop, stock: Stock, order: Order
) -> None:
    stock("TEA", 9)
    stock("JAM", 9, currency="USD")
    assert shop.inventory.check_and_reserve(order("o-1", TEA=1))
    assert shop.inventory.check_and_reserve(order("o-2", JAM=1))
    open_shop(storage).catalogue.set_item("JAM", parse_stock_item({**TEA, "available": 9}))
    assert shop.inventory.check_and_reserve(order("o-3", TEA=1, JAM=1))


@pytest.mark.parametrize("lines", [1, 50])
def test_coming_up_short_costs_one_request_once_the_stock_was_seen(
    shop: Shop, stock: Stock, order: Order, lines: int, requests: Any
) -> None:
    items = {f"SKU{number:02d}": 3 for number in range(lines)}
    for sku in items:
        stock(sku, 2)
    first = requests.of(lambda: shop.inventory.check_and_reserve(order("o-1", **items)))
    assert first == lines + 1
    again = requests.of(lambda: shop.inventory.check_and_reserve(order("o-1", **items)))
    assert again == lines + 1, "nothing that is written proves that it is short: it is read again"
    assert requests.of(lambda: shop.inventory.check_and_reserve(order("o-2", **items))) == 1


def test_an_order_for_which_another_process_reserved_holds_its_stock(
    storage: str, shop: Shop, stock: Stock, order: Order, available: Available
) -> None:
    stock("TEA", 1)
    assert shop.inventory.check_and_reserve(order("o-1", TEA=2)) is False
    stock("TEA", 2)
    assert open_shop(storage).inventory.check_and_reserve(order("o-1", TEA=2))
    # Its answer was lost, so this process is asked; it knows the order as one that waits.
    assert shop.inventory.check_and_reserve(order("o-1", TEA=2))
    assert available("TEA") == 0


def test_an_order_that_waits_and_was_released_elsewhere_gets_no_stock(
    storage: str, shop: Shop, stock: Stock, order: Order, available: Available
) -> None:
    stock("TEA", 1)
    assert shop.inventory.check_and_reserve(order("o-1", TEA=2)) is False
    open_shop(storage).inventory.release("o-1")
    stock("TEA", 9)
    assert shop.inventory.check_and_reserve(order("o-1", TEA=2)) is False
    assert available("TEA") == 9
    assert in_line(storage) == []


def test_stock_that_came_in_elsewhere_is_not_missed_by_who_saw_none(
    storage: str, shop: Shop, stock: Stock, order: Order, available: Available
) -> None:
    stock("TEA", 1)
    assert shop.inventory.check_and_reserve(order("o-1", TEA=2)) is False
    open_shop(storage).restocks.restock("TEA", 4)
    assert shop.inventory.check_and_reserve(order("o-2", TEA=2))
    assert available("TEA") == 3
    assert in_line(storage) == ["o-1"]


def test_a_restock_between_query_and_writing_down_is_not_missed(
    storage: str, stock: Stock, order: Order, available: Available
) -> None:
    stock("TEA", 1)
    restock = Before("$batch", lambda: stock("TEA", 5))
    shop = open_shop(storage, raw_request_hook=restock)
    assert shop.inventory.check_and_reserve(order("o-1", TEA=2)) is True
    assert restock.done
    assert available("TEA") == 3


def test_a_sale_between_query_and_transaction_is_not_sold_again(
    storage: str, shop: Shop, stock: Stock, order: Order, available: Available
) -> None:
    stock("TEA", 2)
    sale = Before("$batch", lambda: shop.inventory.check_and_reserve(order("other", TEA=1)))
    slow = open_shop(storage, raw_request_hook=sale)
    assert slow.inventory.check_and_reserve(order("o-1", TEA=2)) is False
    assert available("TEA") == 1


@pytest.mark.parametrize("released", [False, True])
def test_a_repeat_answers_the_same_after_a_sku_changed_its_currency(
    shop: Shop, stock: Stock, order: Order, storage: str, released: bool
) -> None:
    stock("TEA", 5)
    stock("MUG", 5)
    assert shop.inventory.check_and_reserve(order("o-1", TEA=1, MUG=1)) is True
    if released:
        shop.release("o-1")
    stock("MUG", 5, currency="USD")
    for each in (shop, open_shop(storage)):
        again = each.inventory.check_and_reserve(order("o-1", TEA=1, MUG=1))
        assert again is not released


def test_lines_in_two_currencies_are_refused(shop: Shop, stock: Stock, order: Order) -> None:
    stock("TEA", 5)
    stock("MUG", 5, currency="USD")
    with pytest.raises(MixedCurrencies, match="EUR, USD"):
        shop.inventory.check_and_reserve(order("o-1", TEA=1, MUG=1))


def test_a_release_returns_the_stock_once(
    shop: Shop, stock: Stock, order: Order, available: Available
) -> None:
    stock("TEA", 5)
    shop.inventory.check_and_reserve(order("o-1", TEA=2))
    assert [shop.inventory.release("o-1").held for _ in range(3)] == [True, True, True]
    assert available("TEA") == 5


def test_releases_at_once_return_the_stock_once(
    shop: Shop, stock: Stock, order: Order, available: Available
) -> None:
    stock("TEA", 5)
    shop.inventory.check_and_reserve(order("o-1", TEA=2))
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda _: shop.inventory.release("o-1").held, range(8)))
    assert available("TEA") == 5


def test_a_release_in_the_middle_of_another_is_seen(
    storage: str, shop: Shop, stock: Stock, order: Order, available: Available
) -> None:
    stock("TEA", 5)
    shop.inventory.check_and_reserve(order("o-1", TEA=2))
    other = Before("sku%3ATEA", lambda: shop.inventory.release("o-1"))
    slow = open_shop(storage, raw_request_hook=other)
    assert slow.inventory.release("o-1").held is True
    assert other.done
    assert available("TEA") == 5


def test_a_released_order_gets_no_stock_again(
    shop: Shop, stock: Stock, order: Order, storage: str, available: Available
) -> None:
    stock("TEA", 5)
    shop.inventory.check_and_reserve(order("o-1", TEA=2))
    shop.inventory.release("o-1")
    assert shop.inventory.check_and_reserve(order("o-1", TEA=2)) is False
    assert available("TEA") == 5
    assert in_line(storage) == []


def test_a_release_before_the_check_leaves_a_tombstone(
    shop: Shop, stock: Stock, order: Order, available: Available
) -> None:
    stock("TEA", 5)
    assert shop.inventory.release("o-1").held is False
    assert shop.inventory.release("o-1").held is False
    assert shop.inventory.check_and_reserve(order("o-1", TEA=2)) is False
    assert available("TEA") == 5


def test_a_release_ends_the_waiting(shop: Shop, stock: Stock, order: Order, storage: str) -> None:
    stock("TEA", 1)
    shop.inventory.check_and_reserve(order("o-1", TEA=2))
    assert shop.inventory.release("o-1").held is False
    assert in_line(storage) == []


def test_checks_and_releases_at_once_neither_leak_nor_lose_stock(
    shop: Shop, stock: Stock, order: Order, available: Available
) -> None:
    stock("TEA", 6)
    start = threading.Barrier(12)

    def check_or_release(number: int) -> None:
        start.wait()
        name = f"o-{number // 2}"
        if number % 2:
            shop.inventory.release(name)
        else:
            shop.inventory.check_and_reserve(order(name, TEA=2))

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(check_or_release, range(12)))
    for number in range(6):
        shop.inventory.release(f"o-{number}")
    assert available("TEA") == 6


class Before:
    """Lets something happen just before the first request whose URL has a text in it."""

    def __init__(self, text: str, happening: Callable[[], object]) -> None:
        self.done = False
        self._text = text
        self._happening = happening

    def __call__(self, request: Any) -> None:
        if not self.done and self._text in request.http_request.url:
            self.done = True
            self._happening()
