import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from azure.core.exceptions import ServiceResponseError

from ordering.errors import StorageUnavailable
from ordering.json_input import ContractError
from ordering.model import OrderRequest
from ordering.shop import Shop, open_shop
from ordering.stock.restocking import KeyReused, Restocked, UnknownSku
from ordering.stock.rows import beginning_with, dump_needs, id_of, line_key, order_key, row
from ordering.storage.tables import Table, connect
from ordering.storage.transactions import Insert, Operation

Order = Callable[..., OrderRequest]
Stock = Callable[..., None]
Available = Callable[[str], int]


class Before:
    """Lets something happen just before the n-th request whose method and URL have a text."""

    def __init__(self, text: str, happening: Callable[[], object], nth: int = 1) -> None:
        self.seen = 0
        self._text = text
        self._happening = happening
        self._nth = nth

    def __call__(self, request: Any) -> None:
        http = request.http_request
        if self._text in f"{http.method} {http.url}":
            self.seen += 1
            if self.seen == self._nth:
                self._happening()


class Gone(Exception):
    """The process ended here."""


def end_here() -> None:
    raise Gone


# The first query of a restock reads the stock; the next one reads who waits.
WHO_WAITS = "waiting%3A"


def test_a_restock_adds_to_the_stock(shop: Shop, stock: Stock, available: Available) -> None:
    stock("TEA", 5)
    assert shop.restocks.restock("TEA", 3) == Restocked("TEA", 8, [])
    assert available("TEA") == 8


def test_a_restock_names_the_waiting_orders_that_it_can_serve_oldest_first(
    shop: Shop, stock: Stock, order: Order
) -> None:
    stock("TEA", 0)
    for name in ("z-first", "m-second", "a-third"):
        assert shop.inventory.check_and_reserve(order(name, TEA=2)) is False
    assert shop.restocks.restock("TEA", 5).notified == ["z-first", "m-second"]


def test_an_order_that_needs_another_short_sku_is_not_named(
    shop: Shop, stock: Stock, order: Order
) -> None:
    stock("TEA", 0)
    stock("MUG", 0)
    shop.inventory.check_and_reserve(order("both", TEA=1, MUG=1))
    shop.inventory.check_and_reserve(order("tea", TEA=1))
    shop.inventory.check_and_reserve(order("mug", MUG=1))
    assert shop.restocks.restock("TEA", 5).notified == ["tea"]
    assert shop.restocks.restock("MUG", 5).notified == ["both", "mug"]


def test_an_order_that_no_longer_waits_is_not_named(shop: Shop, stock: Stock, order: Order) -> None:
    stock("TEA", 1)
    shop.inventory.check_and_reserve(order("cancelled", TEA=2))
    shop.inventory.check_and_reserve(order("served", TEA=2))
    shop.inventory.release("cancelled")
    assert shop.restocks.restock("TEA", 1).notified == ["served"]
    assert shop.inventory.check_and_reserve(order("served", TEA=2)) is True
    assert shop.restocks.restock("TEA", 9).notified == []


def test_a_sku_that_is_not_in_the_catalogue_cannot_be_restocked(shop: Shop, order: Order) -> None:
    shop.inventory.check_and_reserve(order("o-1", TEA=1))
    with pytest.raises(UnknownSku):
        shop.restocks.restock("TEA", 1, "key")


def test_a_quantity_over_the_limit_is_refused_and_adds_nothing(
    shop: Shop, stock: Stock, available: Available
) -> None:
    stock("TEA", 10**9 - 1)
    with pytest.raises(ContractError, match="quantity would bring the stock to 1000000001"):
        shop.restocks.restock("TEA", 2)
    assert available("TEA") == 10**9 - 1


def test_a_repeat_under_a_key_adds_once_and_answers_the_same(
    shop: Shop, stock: Stock, order: Order, available: Available
) -> None:
    stock("TEA", 0)
    shop.inventory.check_and_reserve(order("o-1", TEA=2))
    first = shop.restocks.restock("TEA", 3, "delivery 'note' / 17 #\u20ac")
    assert first == Restocked("TEA", 3, ["o-1"])
    assert shop.inventory.check_and_reserve(order("o-1", TEA=2)) is True
    shop.inventory.check_and_reserve(order("o-2", TEA=9))
    assert shop.restocks.restock("TEA", 3, "delivery 'note' / 17 #\u20ac") == first
    assert available("TEA") == 1


def test_repeats_at_once_add_once_and_answer_the_same(
    storage: str, stock: Stock, order: Order, shop: Shop, available: Available
) -> None:
    stock("TEA", 0)
    shop.inventory.check_and_reserve(order("o-1", TEA=2))
    shops = [shop, open_shop(storage)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda number: shops[number % 2].restocks.restock("TEA", 3, "k"), range(8))
        )
    assert answers == [Restocked("TEA", 3, ["o-1"])] * 8
    assert available("TEA") == 3


def test_of_two_tries_under_a_key_that_saw_different_orders_the_first_answer_stands(
    storage: str, shop: Shop, stock: Stock, order: Order
) -> None:
    stock("TEA", 0)
    shop.inventory.check_and_reserve(order("o-1", TEA=2))

    def twin() -> None:
        shop.inventory.check_and_reserve(order("o-1", TEA=2))
        assert shop.restocks.restock("TEA", 3, "k").notified == []

    slow_insert = Before("POST", twin, 2)
    slow = open_shop(storage, raw_request_hook=slow_insert)
    assert slow.restocks.restock("TEA", 3, "k").notified == []
    assert slow_insert.seen == 2


@pytest.mark.parametrize(("sku", "quantity"), [("TEA", 4), ("MUG", 3), ("NONE", 3)])
def test_a_key_stands_for_one_restock(
    shop: Shop, stock: Stock, available: Available, sku: str, quantity: int
) -> None:
    stock("TEA", 0)
    stock("MUG", 0)
    shop.restocks.restock("TEA", 3, "k")
    with pytest.raises(KeyReused):
        shop.restocks.restock(sku, quantity, "k")
    assert (available("TEA"), available("MUG")) == (3, 0)


def test_restocks_at_once_all_count(
    storage: str, shop: Shop, stock: Stock, available: Available
) -> None:
    stock("TEA", 0)
    shops = [shop, open_shop(storage)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: shops[number % 2].restocks.restock("TEA", 1), range(40)))
    assert available("TEA") == 40


def test_a_process_that_ends_after_adding_has_its_repeat_tell_the_waiting_orders(
    storage: str, shop: Shop, stock: Stock, order: Order, available: Available
) -> None:
    stock("TEA", 0)
    shop.inventory.check_and_reserve(order("o-1", TEA=2))
    ending = open_shop(storage, raw_request_hook=Before(WHO_WAITS, end_here))
    with pytest.raises(Gone):
        ending.restocks.restock("TEA", 3, "k")
    assert available("TEA") == 3
    assert shop.restocks.restock("TEA", 3, "k") == Restocked("TEA", 3, ["o-1"])
    assert available("TEA") == 3


def test_a_lost_answer_of_storage_does_not_add_twice(
    storage: str, stock: Stock, available: Available
) -> None:
    stock("TEA", 0)
    lost = 0

    def lose_once(response: Any) -> None:
        nonlocal lost
        if response.http_request.url.endswith("$batch") and not lost:
            lost += 1
            raise ServiceResponseError("Connection aborted.")

    shop = open_shop(storage, raw_response_hook=lose_once)
    assert shop.restocks.restock("TEA", 3) == Restocked("TEA", 3, [])
    assert (lost, available("TEA")) == (1, 3)


def test_an_order_that_starts_to_wait_while_stock_comes_in_is_either_told_or_served(
    storage: str, shop: Shop, stock: Stock, order: Order
) -> None:
    """Both interleavings of a check that comes up short and a restock."""
    # The restock adds between the order's query and its note that it waits: the note is refused,
    # because the stock's row was touched, and the order looks again.
    stock("TEA", 0)
    answers: list[Restocked] = []
    early = Before("$batch", lambda: answers.append(shop.restocks.restock("TEA", 2)))
    checking = open_shop(storage, raw_request_hook=early)
    assert checking.inventory.check_and_reserve(order("o-1", TEA=2)) is True
    assert answers == [Restocked("TEA", 2, [])]

    # The order notes that it waits between the restock's query and its addition: the addition is
    # refused, because the order touched the stock's row, and the restock then sees it wait.
    stock("TEA", 0)
    late = Before("$batch", lambda: shop.inventory.check_and_reserve(order("o-2", TEA=2)))
    restocking = open_shop(storage, raw_request_hook=late)
    assert restocking.restocks.restock("TEA", 2).notified == ["o-2"]
    assert late.seen == 2


def test_an_order_that_reserves_while_the_restock_looks_is_not_counted_twice(
    storage: str, shop: Shop, stock: Stock, order: Order
) -> None:
    stock("TEA", 0)
    stock("MUG", 3)
    for name in ("a", "b", "c"):
        shop.inventory.check_and_reserve(order(name, TEA=1, MUG=1))
    # Requests that read: the stock to add to, who waits, what is free, who still waits.
    served = Before("GET", lambda: shop.inventory.check_and_reserve(order("a", TEA=1, MUG=1)), 3)
    slow = open_shop(storage, raw_request_hook=served)
    assert slow.restocks.restock("TEA", 3).notified == ["b", "c"]


def test_a_thousand_waiting_orders_are_read_in_pages_and_named_in_order(
    storage: str,
    shop: Shop,
    stock: Stock,
    requests: Any,
    record_property: Callable[[str, object], None],
) -> None:
    stock("TEA", 0)
    names = [f"{number * 7919 % 1200:04d}-{'x' * 95}" for number in range(1200)]
    add_waiting(storage, names)
    started = time.monotonic()
    answers: list[Restocked] = []
    cost = requests.of(lambda: answers.append(shop.restocks.restock("TEA", 1000, "k")))
    took = time.monotonic() - started
    assert answers[0].notified == names[:1000]
    assert cost <= 10, "stock and key, addition, twice two pages of the line, free stock, answer"
    assert took < 30
    record_property("measured", f"1,200 waiting orders looked through in {took:.1f} s")
    assert shop.restocks.restock("TEA", 1000, "k") == answers[0]


def test_the_cost_of_a_restock_does_not_grow_with_those_who_wait_for_other_skus(
    storage: str, shop: Shop, stock: Stock, order: Order, requests: Any
) -> None:
    stock("TEA", 0)
    table = Table(connect(storage), "inventory")
    for start in range(0, 2000, 50):
        some = [waiting(f"o-{n:04d}", n, {"MUG": 1}) for n in range(start, start + 50)]
        table.transact([operation for each in some for operation in each])
    shop.inventory.check_and_reserve(order("tea", TEA=1))
    answers: list[Restocked] = []
    cost = requests.of(lambda: answers.append(shop.restocks.restock("TEA", 100)))
    assert answers[0].notified == ["tea"]
    assert cost == 5, "stock, addition, the line twice, free stock"


def test_an_answer_is_kept_only_for_a_client_that_has_the_key_to_ask_again(
    shop: Shop, stock: Stock, requests: Any
) -> None:
    stock("TEA", 0)
    kept = requests.of(lambda: shop.restocks.restock("TEA", 3, "k"))
    assert requests.of(lambda: shop.restocks.restock("TEA", 3)) == kept - 1
    own = requests.of(lambda: shop.restocks.restock("TEA", 3, "own", keep_answer=False))
    assert own == kept - 1
    # It was told the key, since what came after the addition failed.
    again = shop.restocks.restock("TEA", 3, "own")
    assert (again.available, again.repeated) == (9, True)


def test_more_orders_than_an_answer_can_keep_are_all_named_and_a_repeat_looks_again(
    storage: str, shop: Shop, stock: Stock, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ordering.stock.restocking._PIECE", 10)
    monkeypatch.setattr("ordering.stock.restocking._PIECES", 2)
    stock("TEA", 0)
    add_waiting(storage, ["order-1", "order-2", "order-3"])
    first = shop.restocks.restock("TEA", 3, "k")
    assert first == Restocked("TEA", 3, ["order-1", "order-2", "order-3"])
    assert shop.inventory.check_and_reserve(order("order-1", TEA=1)) is True
    assert shop.restocks.restock("TEA", 3, "k").notified == ["order-2", "order-3"]


def test_storage_that_fails_after_the_addition_is_reported(
    storage: str, stock: Stock, available: Available
) -> None:
    def fail(request: Any) -> None:
        if WHO_WAITS in request.http_request.url:
            request.http_request.url = request.http_request.url.replace("inventory", "$")

    stock("TEA", 0)
    with pytest.raises(StorageUnavailable):
        open_shop(storage, raw_request_hook=fail).restocks.restock("TEA", 1, "k")
    assert available("TEA") == 1


def test_an_order_leaves_its_lines_when_it_ends(
    storage: str, shop: Shop, stock: Stock, order: Order
) -> None:
    stock("TEA", 1)
    for end in ("reserved", "released"):
        shop.inventory.check_and_reserve(order(end, TEA=2))
    assert in_line(storage) == ["reserved", "released"]
    shop.inventory.release("released")
    shop.restocks.restock("TEA", 1)
    shop.inventory.check_and_reserve(order("reserved", TEA=2))
    assert in_line(storage) == []


def in_line(storage: str) -> list[str]:
    pages = Table(connect(storage), "inventory").pages(beginning_with("waiting:"))
    return [id_of(found) for page in pages for found in page]


def waiting(name: str, since: int, needs: dict[str, int]) -> list[Operation]:
    """Return what puts an order in line."""
    moment = f"2026-11-22T200000.{since:06d}Z"
    text = dump_needs(needs)
    kept = row(order_key(name), state="waiting", currency="", lines="[]", needs=text, since=moment)
    lines = [Insert(row(line_key(sku, moment, name), needs=text)) for sku in needs]
    return [Insert(kept), *lines]


def add_waiting(storage: str, names: list[str]) -> None:
    """Write down orders that wait for one tea each, in this order."""
    table = Table(connect(storage), "inventory")
    rows = [each for n, name in enumerate(names) for each in waiting(name, n, {"TEA": 1})]
    for start in range(0, len(rows), 100):
        table.transact(rows[start : start + 100])
