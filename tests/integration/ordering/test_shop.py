"""What one order's end does to those that wait, and what a late duplicate does: nothing."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from azure.storage.queue import QueueClient, TextBase64DecodePolicy

from ordering.model import OrderRequest
from ordering.shop import Shop, open_shop

Order = Callable[..., OrderRequest]
Stock = Callable[..., None]
Available = Callable[[str], int]
Woken = Callable[[], list[str]]


@pytest.fixture
def woken(storage: str) -> Woken:
    """Return the ids of the orders that were sent Proceed since this was asked last."""
    queue = QueueClient.from_connection_string(
        storage, "event-queue", message_decode_policy=TextBase64DecodePolicy()
    )
    queue.create_queue()

    def ask() -> list[str]:
        ids = []
        for message in queue.receive_messages(messages_per_page=32):
            event = json.loads(message.content)
            assert event["EventName"] == "Proceed"
            ids.append(event["instanceID"])
            queue.delete_message(message)
        return ids

    return ask


def test_stock_that_an_order_gives_back_wakes_the_next_in_line(
    shop: Shop, stock: Stock, order: Order, woken: Woken
) -> None:
    stock("TEA", 3)
    assert shop.check_and_reserve(order("buyer", TEA=3))
    for name in ("first", "second", "third"):
        assert not shop.check_and_reserve(order(name, TEA=2))
    assert shop.release("buyer") is True
    assert woken() == ["first"]
    assert shop.check_and_reserve(order("first", TEA=2))


def test_a_woken_order_that_no_longer_wants_the_stock_passes_it_on(
    shop: Shop, stock: Stock, order: Order, woken: Woken
) -> None:
    stock("TEA", 0)
    for name in ("first", "second"):
        shop.check_and_reserve(order(name, TEA=2))
    assert shop.restock("TEA", 2).notified == ["first"]
    assert woken() == ["first"]
    # It was cancelled before it looked.
    assert shop.release("first") is False
    assert woken() == ["second"]


def test_an_order_that_was_undone_wakes_the_next_in_line(
    shop: Shop, stock: Stock, order: Order, woken: Woken
) -> None:
    stock("TEA", 2)
    buyer = order("buyer", TEA=2)
    shop.check_and_reserve(buyer)
    shop.payments.pay(buyer)
    shop.check_and_reserve(order("next", TEA=1))
    assert shop.undo("buyer") == (500, True)
    assert woken() == ["next"]


def test_a_release_that_is_repeated_wakes_again(
    shop: Shop, stock: Stock, order: Order, woken: Woken
) -> None:
    stock("TEA", 2)
    shop.check_and_reserve(order("buyer", TEA=2))
    shop.check_and_reserve(order("next", TEA=1))
    # The first try broke off before it had sent the event.
    shop.inventory.release("buyer")
    assert woken() == []
    assert shop.release("buyer") is True
    assert woken() == ["next"]


def test_stock_that_was_set_by_hand_reaches_the_line_at_the_next_look(
    shop: Shop, stock: Stock, order: Order, woken: Woken
) -> None:
    stock("TEA", 0)
    stock("MUG", 0)
    for name, sku in (("tea-1", "TEA"), ("mug", "MUG"), ("tea-2", "TEA"), ("none", "NONE")):
        shop.check_and_reserve(order(name, **{sku: 1}))
    stock("TEA", 1)
    stock("MUG", 1)
    assert woken() == []
    assert shop.wake_idle([], []) == ["tea-1", "mug"]
    assert woken() == ["tea-1", "mug"]


def test_an_order_of_fifty_lines_waits_and_is_served(
    shop: Shop, stock: Stock, order: Order, woken: Woken, available: Available
) -> None:
    items = {f"SKU{number:02d}": 1 for number in range(50)}
    for sku in items:
        stock(sku, 1 if sku != "SKU07" else 0)
    assert not shop.check_and_reserve(order("big", **items))
    assert shop.restock("SKU07", 1).notified == ["big"]
    assert shop.check_and_reserve(order("big", **items))
    assert available("SKU49") == 0
    assert shop.release("big")
    assert available("SKU49") == 1


LATE = {
    "check": lambda shop, order: shop.check_and_reserve(order),
    "release": lambda shop, order: shop.release(str(order.order_id)),
    "refund": lambda shop, order: shop.payments.refund(str(order.order_id)),
}


@pytest.mark.parametrize("late", ["check", "release", "refund"])
@pytest.mark.parametrize("waited", [True, False])
def test_a_late_duplicate_for_an_order_that_was_cancelled_changes_nothing(
    storage: str, shop: Shop, stock: Stock, order: Order, available: Available, woken: Woken,
    late: str, waited: bool,
) -> None:  # fmt: skip
    stock("TEA", 0 if waited else 5)
    ended = order("ended", TEA=2)
    assert shop.check_and_reserve(ended) is not waited
    shop.undo("ended")
    shop.cleanup.close(["ended"])
    stock("TEA", 5)
    for process in (shop, open_shop(storage)):
        LATE[late](process, ended)
        assert available("TEA") == 5
    # No phantom stands in line and swallows what comes in.
    stock("TEA", 0)
    shop.check_and_reserve(order("real", TEA=2))
    woken()
    assert shop.restock("TEA", 2).notified == ["real"]
    assert [page for page in shop.cleanup.open_orders() if page][0][0].order_id == "real"


def test_a_late_check_for_an_order_that_was_archived_changes_nothing(
    storage: str, shop: Shop, stock: Stock, order: Order, available: Available
) -> None:
    stock("TEA", 5)
    ended = order("ended", TEA=2)
    shop.accepted.accept(ended)
    shop.check_and_reserve(ended)
    shop.undo("ended")
    shop.cleanup.close(["ended"])
    shop.cleanup.archive(["ended"])
    long_ago = datetime.now(timezone.utc) - timedelta(days=91)
    for process in (shop, open_shop(storage)):
        assert process.check_and_reserve(ended, long_ago) is False
        assert process.check_and_reserve(order("late-but-new", TEA=1), long_ago)
    assert available("TEA") == 4


def test_ids_that_are_parts_of_each_other_do_not_meet(
    shop: Shop, stock: Stock, order: Order, available: Available
) -> None:
    stock("A", 0)
    stock("A-b", 0)
    names = ["a", "a-b", "a-b-c", "b", "A", "waiting", "order", "sku-A"]
    for name in names:
        shop.check_and_reserve(order(name, **{"A": 1}))
        shop.check_and_reserve(order(f"{name}_2", **{"A-b": 1}))
    assert shop.restock("A", 100).notified == names
    assert shop.restock("A-b", 100).notified == [f"{name}_2" for name in names]
    for name in names:
        assert shop.check_and_reserve(order(name, **{"A": 1}))
        assert shop.payments.pay(order(name, **{"A": 1}))["status"] == "charged"
    shop.undo("a")
    assert available("A") == 100 - len(names) + 1
    assert [shop.payments.is_charged(name) for name in names] == [False] + [True] * 7


@pytest.mark.parametrize("processes", [2, 4])
def test_several_processes_on_one_sku_sell_it_exactly_and_cheaply(
    storage: str, shop: Shop, stock: Stock, order: Order, available: Available,
    processes: int, requests: Any,
) -> None:  # fmt: skip
    orders = 32 * processes
    stock("TEA", orders)
    shops = [open_shop(storage, raw_response_hook=requests) for _ in range(processes)]

    def buy(number: int) -> bool:
        return shops[number % processes].check_and_reserve(order(f"o-{number}", TEA=1))

    before = requests.count
    with ThreadPoolExecutor(orders) as pool:
        assert all(pool.map(buy, range(orders)))
    assert available("TEA") == 0
    assert (requests.count - before) / orders <= 1.5


def test_orders_of_two_processes_that_share_skus_in_every_way_neither_leak_nor_lose_stock(
    storage: str, shop: Shop, stock: Stock, order: Order, available: Available
) -> None:
    skus = ("A", "B", "C")
    for sku in skus:
        stock(sku, 40)
    shops = [shop, open_shop(storage)]
    kinds: list[dict[str, int]] = [
        {"A": 1},
        {"B": 2},
        {"A": 1, "B": 1},
        {"C": 1, "A": 2},
        {"B": 1, "C": 1},
    ]

    def live(number: int) -> bool:
        process, needs = shops[number % 2], kinds[number % len(kinds)]
        name = f"o-{number}"
        held = process.check_and_reserve(order(name, **needs))
        if number % 3 == 0:
            shops[(number + 1) % 2].release(name)
            return False
        return held

    with ThreadPoolExecutor(24) as pool:
        held = list(pool.map(live, range(90)))
    for sku in skus:
        sold = sum(kinds[n % len(kinds)].get(sku, 0) for n in range(90) if held[n])
        assert available(sku) == 40 - sold, sku
    for number in range(90):
        shop.release(f"o-{number}")
    assert [available(sku) for sku in skus] == [40, 40, 40]


def test_an_order_that_is_suspended_keeps_no_stock_from_those_behind_it(
    shop: Shop, stock: Stock, order: Order, woken: Woken
) -> None:
    stock("TEA", 0)
    for name in ("suspended", "next"):
        shop.check_and_reserve(order(name, TEA=1))
    stock("TEA", 1)
    assert shop.wake_idle(["next"], ["suspended"]) == ["next"]


def test_an_order_that_waits_although_it_holds_its_stock_is_woken(
    storage: str, shop: Shop, stock: Stock, order: Order, woken: Woken
) -> None:
    stock("TEA", 0)
    first = order("first", TEA=1)
    shop.check_and_reserve(first)
    shop.check_and_reserve(order("behind", TEA=1))
    stock("TEA", 1)
    # A late twin of the check that came up short: nobody waits for its answer.
    assert open_shop(storage).check_and_reserve(first)
    assert shop.wake_idle(["first", "behind"], []) == ["first"]
    assert woken() == ["first"]
