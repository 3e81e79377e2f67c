"""What the sweep does about an order, by what the host says of it; no host and no storage."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from clients import sweep as module
from clients.order_status import LIVE
from clients.sweep import sweep_orders
from durable_sdk import HostTrouble, InstanceStatus
from ordering.settings import sweep_schedule
from ordering.shop import Shop
from ordering.stock.rows import row
from ordering.storage.transactions import Upsert
from tests.in_memory_shop import InMemoryShop, order

NOW = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)
CANCELLED = {"orderId": "any", "stage": "Cancelled", "reason": "She changed her mind."}


class Host:
    """What the durable client and the host's list answer."""

    def __init__(self) -> None:
        self.statuses: dict[str, InstanceStatus] = {}
        self.hub = "Hub"
        self.asked: list[str] = []
        self.lists: list[tuple[tuple[str, ...], datetime | None, int | None]] = []
        self.is_away = False
        self.list_is_away = False
        self.in_flight = 0
        self.most_in_flight = 0

    def show(self, order_id: str, status: str, custom: Any = None, output: Any = None) -> None:
        self.statuses[order_id] = InstanceStatus(
            order_id, "PlaceOrder", status, custom, output, NOW, NOW
        )

    async def find_status(self, client: object, order_id: str) -> InstanceStatus | None:
        assert client is self
        self.asked.append(order_id)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        await asyncio.sleep(0)
        self.in_flight -= 1
        if self.is_away:
            raise HostTrouble("away")
        return self.statuses.get(order_id)

    async def read_all(
        self,
        binding: str,
        wanted: Sequence[str] = (),
        since: datetime | None = None,
        most_pages: int | None = None,
    ) -> AsyncIterator[InstanceStatus]:
        assert binding == "binding"
        self.lists.append((tuple(wanted), since, most_pages))
        if self.list_is_away:
            raise HostTrouble("away")
        for status in self.statuses.values():
            if not wanted or status.runtime_status in wanted:
                yield status


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, host: Host) -> InMemoryShop:
    """A warehouse with 50 TEA, swept by a process that keeps nothing of another run."""
    world = InMemoryShop(now=NOW)
    world.stock("TEA", 50)
    monkeypatch.setattr(module, "shop", world.open)
    monkeypatch.setattr(module, "utc_now", world.clock)
    monkeypatch.setattr(module, "find_status", host.find_status)
    monkeypatch.setattr(module, "read_all", host.read_all)
    monkeypatch.setattr(module, "task_hub", lambda client: client.hub)
    return world


@pytest.fixture
def shop(world: InMemoryShop) -> Shop:
    return world.open()


def sweep(host: Host) -> None:
    function = sweep_orders.build().get_user_function().client_function
    asyncio.run(function(timer=None, client=host, binding="binding"))


def place(
    shop: Shop, order_id: str = "o-1", tea: int = 2, pays: bool = False, hub: str = "Hub"
) -> None:
    placed = order(order_id, TEA=tea)
    shop.accepted.accept(placed, hub)
    shop.check_and_reserve(placed)
    if pays:
        shop.payments.pay(placed)


def told(world: InMemoryShop) -> list[str]:
    return [event["instanceID"] for event in world.told()]


def test_the_sweep_is_a_timer_function_that_runs_every_two_minutes() -> None:
    function = sweep_orders.build()
    bindings = {binding.name: binding.get_dict_repr() for binding in function.get_bindings()}
    assert function.get_function_name() == "SweepOrders"
    assert bindings["timer"]["type"] == "timerTrigger"
    assert bindings["timer"]["schedule"] == "0 */2 * * * *"
    kinds = {name: binding["type"] for name, binding in bindings.items() if name != "timer"}
    assert kinds == {"client": "durableClient", "binding": "durableClient"}
    assert all(name.isalnum() for name in bindings)


def test_an_app_setting_sets_the_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWEEP_SCHEDULE", "0 0 3 * * *")
    assert sweep_schedule() == "0 0 3 * * *"
    monkeypatch.setenv("SWEEP_SCHEDULE", " ")
    assert sweep_schedule() == "0 */2 * * * *"


def test_a_sweep_that_was_cut_off_at_the_last_order_is_followed_by_one_from_the_first(
    world: InMemoryShop, shop: Shop, host: Host
) -> None:
    place(shop)
    host.show("o-1", "Failed")
    world.warehouse.transact([Upsert(row("cursor:open:", after="open:o-9"))])
    sweep(host)
    assert (world.available("TEA"), world.keys("open:")) == (50, [])


@pytest.mark.parametrize("status", ["Failed", "Terminated", "Canceled"])
def test_an_order_that_broke_off_is_undone_closed_and_told(
    world: InMemoryShop, shop: Shop, host: Host, caplog: pytest.LogCaptureFixture, status: str
) -> None:
    caplog.set_level(logging.INFO, module.__name__)
    place(shop, pays=True)
    host.show("o-1", status)
    sweep(host)
    assert (world.available("TEA"), world.keys("open:")) == (50, [])
    assert shop.payments.refund("o-1") == 500 and not shop.payments.is_charged("o-1")
    assert caplog.messages == [
        "Order o-1 has ended before its compensation was done: 500 refunded, stock released."
    ]


def test_an_order_that_broke_off_while_it_waited_held_nothing(
    world: InMemoryShop, shop: Shop, host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, module.__name__)
    place(shop, tea=51)
    host.show("o-1", "Terminated")
    sweep(host)
    assert world.keys("open:") == world.keys("waiting:") == []
    assert caplog.messages[0].endswith(": 0 refunded, stock not held.")


@pytest.mark.parametrize("status", LIVE)
def test_an_order_that_is_under_way_is_left_alone(
    world: InMemoryShop, shop: Shop, host: Host, status: str
) -> None:
    place(shop)
    host.show("o-1", status)
    sweep(host)
    assert (world.available("TEA"), world.keys("open:")) == (48, ["open:o-1"])


def test_an_invoiced_order_is_closed_and_listed_as_such(
    world: InMemoryShop, shop: Shop, host: Host
) -> None:
    place(shop, pays=True)
    host.show("o-1", "Completed", output={"invoiceId": "INV-o-1"})
    sweep(host)
    assert (world.available("TEA"), world.keys("open:")) == (48, [])
    assert [place.order_id for place in shop.ended.page("Invoiced", 9)] == ["o-1"]
    assert shop.payments.is_charged("o-1")


def test_an_order_that_a_decision_ended_is_closed_and_not_listed_as_invoiced(
    world: InMemoryShop, shop: Shop, host: Host
) -> None:
    place(shop)
    shop.undo("o-1", "Cancelled")
    host.show("o-1", "Completed", output=CANCELLED)
    sweep(host)
    assert world.keys("open:") == []
    assert shop.ended.page("Invoiced", 9) == []


def test_an_order_that_the_host_does_not_know_is_undone_after_ten_minutes(
    world: InMemoryShop, shop: Shop, host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, module.__name__)
    place(shop)
    sweep(host)
    world.now = NOW + 9 * MINUTE
    sweep(host)
    assert (world.available("TEA"), caplog.messages) == (48, [])
    world.now = NOW + 10 * MINUTE
    sweep(host)
    assert (world.available("TEA"), world.keys("open:")) == (50, [])
    assert caplog.messages == ["Order o-1 is not known to the host: 0 refunded, stock released."]


@pytest.mark.parametrize("many", [1, 10])
def test_an_order_that_shows_again_is_given_its_time_anew(
    world: InMemoryShop, shop: Shop, host: Host, many: int
) -> None:
    for number in range(many):
        place(shop, f"o-{number}", tea=1)
    sweep(host)
    for number in range(many):
        host.show(f"o-{number}", "Running")
    sweep(host)
    host.statuses.clear()
    world.now = NOW + 11 * MINUTE
    sweep(host)
    assert world.available("TEA") == 50 - many


def test_a_purged_order_that_has_paid_keeps_what_it_bought(
    world: InMemoryShop, shop: Shop, host: Host
) -> None:
    place(shop, pays=True)
    sweep(host)
    world.now = NOW + 10 * MINUTE
    sweep(host)
    assert (world.available("TEA"), world.keys("open:")) == (48, [])
    assert shop.payments.is_charged("o-1")


@pytest.mark.parametrize(
    ("of_order", "of_host"), [("Hub", "Other"), ("Other", "Hub"), ("Hub", ""), ("", "")]
)
def test_an_order_that_another_hub_may_have_is_left_alone(
    world: InMemoryShop, shop: Shop, host: Host, of_order: str, of_host: str
) -> None:
    place(shop, hub=of_order)
    host.hub = of_host
    for minutes in (0, 20):
        world.now = NOW + minutes * MINUTE
        sweep(host)
    assert "open:o-1" in world.keys("open:")
    assert world.warehouse.rows["main", "open:o-1"].get("missingSince") is None


def test_an_order_that_nobody_accepted_is_left_alone(
    world: InMemoryShop, shop: Shop, host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    shop.check_and_reserve(order("o-1", TEA=2))
    for minutes in (0, 20):
        world.now = NOW + minutes * MINUTE
        sweep(host)
    assert world.available("TEA") == 48
    assert not caplog.messages


def test_a_host_in_trouble_says_nothing_of_an_order(
    world: InMemoryShop, shop: Shop, host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    place(shop)
    host.is_away = True
    for minutes in (0, 20):
        world.now = NOW + minutes * MINUTE
        sweep(host)
    assert world.available("TEA") == 48
    assert caplog.messages == [
        "Order o-1 is left for the next sweep: HostTrouble('away')",
        "Order o-1 is left for the next sweep: HostTrouble('away')",
    ]


def test_one_order_that_cannot_be_settled_stops_no_other(
    world: InMemoryShop, shop: Shop, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    for order_id in ("o-1", "o-2"):
        place(shop, order_id)
        host.show(order_id, "Terminated")
    undo = Shop.undo

    def broken(self: Shop, order_id: str, stage: str | None = None) -> tuple[int, bool]:
        if order_id == "o-1":
            raise RuntimeError("the gateway is away")
        return undo(self, order_id, stage)

    monkeypatch.setattr(Shop, "undo", broken)
    sweep(host)
    assert world.keys("open:") == ["open:o-1"]


@pytest.mark.parametrize(
    ("many", "status", "asked", "lists"),
    [(9, "Completed", 9, 0), (10, "Completed", 0, 2), (9, "Running", 9, 0), (10, "Running", 0, 1)],
)
def test_from_ten_orders_on_the_host_is_asked_by_the_page(
    world: InMemoryShop, shop: Shop, host: Host, many: int, status: str, asked: int, lists: int
) -> None:
    for number in range(many):
        place(shop, f"o-{number}", tea=1, pays=True)
        host.show(f"o-{number}", status, output={"invoiceId": "x"})
    sweep(host)
    assert (len(host.asked), len(host.lists)) == (asked, lists)
    assert len(world.keys("open:")) == (many if status == "Running" else 0)


@pytest.mark.parametrize(("many", "pages"), [(10, 2), (49, 2), (50, 3), (100, 4)])
def test_the_young_orders_are_read_since_the_oldest_of_them(
    world: InMemoryShop, shop: Shop, host: Host, many: int, pages: int
) -> None:
    world.stock("TEA", 200)
    world.now = NOW - 30 * MINUTE
    place(shop, "old", tea=1, pays=True)
    for number in range(many):
        world.now = NOW - timedelta(seconds=1799 - number)
        place(shop, f"o-{number:02d}", tea=1, pays=True)
    for key in world.keys("order:"):
        host.show(key.removeprefix("order:"), "Completed", output={"invoiceId": "x"})
    world.now = NOW
    sweep(host)
    assert host.lists[0] == (LIVE, None, None)
    assert host.lists[1:] == [((), NOW - timedelta(seconds=1799) - MINUTE, pages)]


def test_a_few_young_orders_among_many_are_asked_for_one_by_one(
    world: InMemoryShop, shop: Shop, host: Host
) -> None:
    for number in range(20):
        world.now = NOW - (60 if number < 11 else 1) * MINUTE
        place(shop, f"o-{number}", tea=1, pays=True)
        host.show(f"o-{number}", "Completed", output={"invoiceId": "x"})
    world.now = NOW
    sweep(host)
    assert ([wanted for wanted, *_ in host.lists], len(host.asked)) == ([LIVE], 20)
    assert host.most_in_flight == 8
    assert world.keys("open:") == []


def test_among_many_each_is_dealt_with_by_its_own_end(
    world: InMemoryShop, shop: Shop, host: Host
) -> None:
    ends = ["Running", "Completed", "Terminated", "Failed", "Suspended", "unknown"]
    for number in range(24):
        place(shop, f"o-{number:02d}", tea=1, pays=ends[number % 6] == "Completed")
        if ends[number % 6] != "unknown":
            host.show(f"o-{number:02d}", ends[number % 6], output={"invoiceId": "x"})
    sweep(host)
    left = [
        f"open:o-{n:02d}" for n in range(24) if ends[n % 6] in ("Running", "Suspended", "unknown")
    ]
    assert world.keys("open:") == left
    assert world.available("TEA") == 50 - 24 + 8
    assert len(shop.ended.page("Invoiced", 99)) == 4
    # What the list tells of a broken-off or unknown order is asked for again: it is acted upon.
    assert Counter(ends[int(name[2:]) % 6] for name in host.asked) == {
        "Terminated": 4,
        "Failed": 4,
        "unknown": 4,
    }


def test_among_many_one_that_stays_unknown_is_undone(
    world: InMemoryShop, shop: Shop, host: Host
) -> None:
    for number in range(12):
        place(shop, f"o-{number:02d}")
        if number:
            host.show(f"o-{number:02d}", "Running")
    for minutes in (0, 11):
        world.now = NOW + minutes * MINUTE
        assert world.available("TEA") == 26
        sweep(host)
    assert world.available("TEA") == 28


def test_who_is_under_way_is_read_once_for_all_pages_of_open_orders(
    world: InMemoryShop, shop: Shop, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ordering.cleanup._PAGE", 10)
    for number in range(25):
        place(shop, f"o-{number:02d}", tea=1)
        host.show(f"o-{number:02d}", "Running")
    sweep(host)
    assert host.lists == [(LIVE, None, None)]
    assert sorted(host.asked) == [f"o-{number}" for number in range(20, 25)]


def test_a_list_that_fails_has_the_orders_asked_for_one_by_one(
    world: InMemoryShop, shop: Shop, host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(12):
        place(shop, f"o-{number}", tea=1)
        host.show(f"o-{number}", "Terminated")
    host.list_is_away = True
    sweep(host)
    assert (world.available("TEA"), world.keys("open:")) == (50, [])
    warnings = [text for text in caplog.messages if text.startswith("The orders are asked for one")]
    assert warnings == ["The orders are asked for one by one, since the list failed: away"] * 2


@pytest.mark.parametrize("many", [1, 10])
def test_free_stock_wakes_who_waits_for_it(
    world: InMemoryShop, shop: Shop, host: Host, many: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, module.__name__)
    for number in range(many):
        place(shop, f"o-{number}", tea=51)
        host.show(f"o-{number}", "Running", {"stage": "AwaitingProceed"})
    world.stock("TEA", 51)
    sweep(host)
    assert world.told() == [
        {"instanceID": "o-0", "EventName": "Proceed", "EventData": {"reason": "stock is free"}}
    ]
    assert caplog.messages == ["1 orders woken, as stock is free: o-0"]


def test_the_log_names_twenty_of_those_that_were_woken(
    world: InMemoryShop, shop: Shop, host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, module.__name__)
    for number in range(21):
        place(shop, f"o-{number:02d}", tea=51)
        host.show(f"o-{number:02d}", "Running", {"stage": "AwaitingProceed"})
    world.stock("TEA", 51 * 21)
    sweep(host)
    [text] = caplog.messages
    assert text.startswith("21 orders woken") and "o-19" in text and "o-20" not in text
    assert len(told(world)) == 21


WAITING = {"stage": "AwaitingProceed", "waitingFor": ["Proceed", "Cancel"]}


@pytest.mark.parametrize(
    ("status", "custom", "hears"),
    [
        ("Running", WAITING, True),
        ("Running", {"stage": "AwaitingProceed"}, True),
        ("Running", {**WAITING, "waitingFor": ["Cancel"]}, False),
        ("Running", {"stage": "CheckingInventory", "waitingFor": ["Cancel"]}, True),
        ("Running", "no object", True),
        ("Running", None, True),
        ("Suspended", WAITING, False),
        ("Suspended", None, False),
        ("Pending", None, True),
    ],
)
def test_stock_goes_to_the_first_who_hears_of_it(
    world: InMemoryShop, shop: Shop, host: Host, status: str, custom: Any, hears: bool
) -> None:
    place(shop, "first", tea=51)
    world.now = NOW + MINUTE
    place(shop, "second", tea=51)
    host.show("first", status, custom)
    host.show("second", "Running", WAITING)
    world.stock("TEA", 51)
    sweep(host)
    assert told(world) == ["first" if hears else "second"]


@pytest.mark.parametrize(
    ("status", "stage", "is_woken"),
    [
        ("Running", "AwaitingProceed", True),
        ("Running", "ProcessingPayment", False),
        ("Suspended", "AwaitingProceed", False),
        ("Pending", "AwaitingProceed", False),
        ("Failed", "AwaitingProceed", False),
    ],
)
def test_an_order_that_waits_although_it_holds_its_stock_is_woken(
    world: InMemoryShop, shop: Shop, host: Host, status: str, stage: str, is_woken: bool
) -> None:
    """As after a late duplicate of its first check."""
    place(shop)
    host.show("o-1", status, {"stage": stage})
    sweep(host)
    assert told(world) == (["o-1"] if is_woken else [])


def test_a_sweep_with_nothing_to_do_costs_three_requests_and_says_nothing(
    world: InMemoryShop, host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, module.__name__)
    assert world.requests(lambda: sweep(host)) == ["get", "query", "query"]
    assert (caplog.messages, host.asked, host.lists) == ([], [], [])
