"""Orders that ended where none of their code could run: their stock and money come back."""

import asyncio
import json
import logging
from base64 import b64decode
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from azure.storage.queue import QueueClient

from clients import sweep as sweep_module
from clients.order_pages import Page
from clients.sweep import sweep_orders
from durable_sdk import IS_2, HostTrouble, InstanceStatus
from ordering import shop as services
from ordering.cleanup import GONE_AFTER, Cleanup
from ordering.model import parse_order
from ordering.shop import Shop, open_shop
from ordering.stock.rows import beginning_with, id_of
from ordering.storage.tables import Table, connect

TEA = {"description": "Tea", "unitPrice": 250, "currency": "EUR"}
ORDER: dict[str, Any] = {
    "orderId": "o-1",
    "customerId": "ada",
    "items": [{"sku": "TEA", "quantity": 2}],
    "paymentMethod": "pm_card_visa",
}

BINDING = '{"rpcBaseUrl": "http://127.0.0.1:9/"}'

pytestmark = pytest.mark.usefixtures("tea")


@pytest.fixture
def shop(storage: str, api: Any) -> Shop:
    return services.shop()


@pytest.fixture
def sweep(api: Any) -> Callable[[], None]:
    """Run the timer function as the host does."""
    function = sweep_orders.build().get_user_function().client_function
    return lambda: asyncio.run(function(timer=None, client=api.client, binding=BINDING))


@pytest.fixture
def available(api: Any) -> Callable[[], int]:
    return lambda: int(api.get("inventory/TEA").body["available"])


@pytest.fixture
def rows(storage: str) -> Callable[[str], list[str]]:
    """Tell the orders that have a kind of row."""
    table = Table(connect(storage), "inventory")

    def ask(prefix: str) -> list[str]:
        pages = table.pages(beginning_with(prefix))
        return [id_of(row) for page in pages for row in page]

    return ask


def place(api: Any, shop: Shop, order_id: str = "o-1", quantity: int = 2, pay: bool = False) -> Any:
    """Do what an order does, as far as it came."""
    body = {**ORDER, "orderId": order_id, "items": [{"sku": "TEA", "quantity": quantity}]}
    assert api.post("orders", body).status == 202
    order = parse_order(body)
    shop.inventory.check_and_reserve(order)
    return shop.payments.pay(order) if pay else order


CANCELED = pytest.param("Canceled", marks=pytest.mark.skipif(IS_2, reason="2.x has none"))


@pytest.mark.parametrize("ending", ["Terminated", "Failed", CANCELED])
def test_stock_of_an_order_that_ended_without_an_invoice_comes_back(
    api: Any, shop: Shop, sweep: Any, available: Any, rows: Any, ending: str
) -> None:
    place(api, shop)
    assert available() == 3
    api.client.ended["o-1"] = ending
    sweep()
    assert available() == 5
    assert rows("open:") == []


def test_a_charge_without_an_invoice_is_refunded(
    api: Any, shop: Shop, sweep: Any, available: Any
) -> None:
    place(api, shop, pay=True)
    api.client.ended["o-1"] = "Terminated"
    sweep()
    assert not shop.payments.is_charged("o-1")
    assert shop.payments.refund("o-1") == 500
    assert available() == 5


@pytest.mark.parametrize("status", ["Running", "Pending", "Suspended", "ContinuedAsNew"])
def test_a_live_order_is_never_touched(
    api: Any, shop: Shop, sweep: Any, available: Any, rows: Any, status: str
) -> None:
    order = place(api, shop)
    place(api, shop, "o-2", quantity=9)
    api.client.ended.update({"o-1": status, "o-2": status})
    sweep()
    assert available() == 3
    assert rows("waiting:") == ["o-2"]
    assert shop.payments.pay(order)["status"] == "charged"


def test_an_invoiced_order_keeps_what_it_bought_and_is_looked_at_once(
    api: Any, shop: Shop, sweep: Any, available: Any, rows: Any
) -> None:
    place(api, shop, pay=True)
    api.client.ended["o-1"] = "Completed"
    assert rows("open:") == ["o-1"]
    sweep()
    assert rows("open:") == []
    asked = api.client.asked
    sweep()
    assert api.client.asked == asked
    assert available() == 3
    assert shop.payments.is_charged("o-1")


def test_an_order_that_a_decision_ended_has_undone_itself_and_is_looked_at_once(
    api: Any, shop: Shop, sweep: Any, available: Any, rows: Any
) -> None:
    place(api, shop)
    shop.undo("o-1")
    api.client.ended["o-1"] = "Completed"
    api.client.outputs["o-1"] = {"orderId": "o-1", "stage": "Cancelled", "reason": "cancelled"}
    sweep()
    assert (available(), rows("open:"), rows("closed:")) == (5, [], [])


def test_a_waiting_order_that_was_terminated_waits_no_more(
    api: Any, shop: Shop, sweep: Any, available: Any, rows: Any
) -> None:
    order = place(api, shop, quantity=9)
    api.client.ended["o-1"] = "Terminated"
    sweep()
    assert rows("waiting:") == []
    api.put(
        "inventory/TEA",
        {"description": "Tea", "unitPrice": 250, "currency": "EUR", "available": 50},
    )
    assert shop.inventory.check_and_reserve(order) is False, "its zombie gets no stock"
    assert available() == 50


def test_an_activity_that_outlives_its_order_is_swept_by_the_next_run(
    api: Any, shop: Shop, sweep: Any, available: Any
) -> None:
    assert api.post("orders", ORDER).status == 202
    api.client.ended["o-1"] = "Terminated"
    sweep()
    shop.inventory.check_and_reserve(parse_order(ORDER))
    assert available() == 3
    sweep()
    assert available() == 5
    sweep()
    assert available() == 5


def test_an_order_that_the_host_does_not_know_is_given_time(
    api: Any, shop: Shop, sweep: Any, available: Any, rows: Any
) -> None:
    place(api, shop)
    api.client.started.pop("o-1")
    sweep()
    sweep()
    assert available() == 3
    assert rows("open:") == ["o-1"]


@pytest.fixture
def later(shop: Shop, storage: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let the time pass after which an unknown order counts as gone."""

    def pass_time() -> None:
        then = datetime.now(timezone.utc) + GONE_AFTER + timedelta(seconds=1)
        table = Table(connect(storage), "inventory")
        cleanup = Cleanup(table, shop.accepted, now=lambda: then)
        moved = replace(shop, cleanup=cleanup)
        monkeypatch.setattr(sweep_module, "shop", lambda: moved)

    return pass_time


def test_an_order_that_was_purged_is_swept_when_it_was_missing_for_long(
    api: Any, shop: Shop, sweep: Any, available: Any, rows: Any, later: Any
) -> None:
    place(api, shop)
    place(api, shop, "o-2", quantity=9)
    api.client.started.clear()
    sweep()
    later()
    sweep()
    assert available() == 5
    assert rows("open:") == rows("waiting:") == []


def test_an_order_that_was_missing_and_shows_again_is_given_time_again(
    api: Any, shop: Shop, sweep: Any, available: Any, later: Any
) -> None:
    place(api, shop)
    hidden = api.client.started.pop("o-1")
    sweep()
    api.client.started["o-1"] = hidden
    sweep()
    api.client.started.pop("o-1")
    later()
    sweep()
    assert available() == 3


def test_a_purged_order_that_has_paid_keeps_what_it_bought(
    api: Any, shop: Shop, sweep: Any, available: Any, rows: Any, later: Any
) -> None:
    place(api, shop, pay=True)
    api.client.started.clear()
    sweep()
    later()
    sweep()
    assert available() == 3
    assert shop.payments.is_charged("o-1")
    assert rows("open:") == []


def test_orders_of_another_task_hub_on_the_same_storage_are_left_alone(
    api: Any, shop: Shop, sweep: Any, available: Any, later: Any
) -> None:
    place(api, shop)
    api.client.started.clear()
    api.client.hub = "StagingSlot"
    sweep()
    later()
    sweep()
    assert available() == 3


def test_a_host_in_trouble_says_nothing_of_an_order(
    api: Any, shop: Shop, sweep: Any, available: Any, later: Any, caplog: Any
) -> None:
    place(api, shop)
    api.client.crash_at_start = True
    sweep()
    later()
    sweep()
    assert available() == 3
    assert "Order o-1 is left for the next sweep" in caplog.text


def test_one_order_that_cannot_be_settled_stops_no_other(
    api: Any,
    shop: Shop,
    sweep: Any,
    available: Any,
    rows: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place(api, shop, "o-1", quantity=1)
    place(api, shop, "o-2", quantity=1)
    api.client.ended.update({"o-1": "Terminated", "o-2": "Terminated"})
    refund = shop.payments.refund

    def broken(order_id: str) -> int:
        if order_id == "o-1":
            raise RuntimeError("the gateway is away")
        return refund(order_id)

    with monkeypatch.context() as patch:
        patch.setattr(shop.payments, "refund", broken)
        sweep()
    assert (available(), rows("open:")) == (5, ["o-1"])
    sweep()
    assert rows("open:") == []


def test_sweeps_at_once_give_back_once(api: Any, shop: Shop, sweep: Any, available: Any) -> None:
    for number in range(5):
        place(api, shop, f"o-{number}", quantity=1)
        api.client.ended[f"o-{number}"] = "Terminated"
    function = sweep_orders.build().get_user_function().client_function

    async def at_once() -> None:
        await asyncio.gather(
            *(function(timer=None, client=api.client, binding=BINDING) for _ in range(4))
        )

    asyncio.run(at_once())
    assert available() == 5


def test_a_long_list_is_read_in_pages_and_wholly(
    api: Any, shop: Shop, sweep: Any, storage: str, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(7):
        place(api, shop, f"o-{number}", quantity=9)
        api.client.ended[f"o-{number}"] = "Terminated"
    monkeypatch.setattr("ordering.cleanup._PAGE", 2)
    sweep()
    assert rows("waiting:") == []


def test_a_sweep_without_work_costs_three_requests(
    api: Any, storage: str, monkeypatch: pytest.MonkeyPatch, sweep: Any, caplog: Any
) -> None:
    count = 0

    def hook(_: object) -> None:
        nonlocal count
        count += 1

    counted = open_shop(storage, raw_response_hook=hook)
    monkeypatch.setattr(sweep_module, "shop", lambda: counted)
    with caplog.at_level(logging.INFO):
        sweep()
    assert count == 3, "where the last look stopped, the open orders, who waits"
    assert [record for record in caplog.records if record.name.startswith("clients")] == []


class HostList:
    """The host's list of orchestrations, as the sweep reads it."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.pages = 0
        self.fails = False

    def __call__(
        self, binding: str, wanted: Sequence[str], token: str | None, created_from: Any
    ) -> Page:
        assert binding == BINDING
        self.pages += 1
        if self.fails:
            raise HostTrouble("away")
        statuses = [
            (name, self._client.ended.get(name, "Running")) for name in self._client.started
        ]
        now = datetime.now(timezone.utc)
        return Page(
            [
                InstanceStatus(name, "PlaceOrder", status, None, None, now, now)
                for name, status in statuses
                if not wanted or status in wanted
            ],
            None,
        )


@pytest.fixture
def host_list(api: Any, monkeypatch: pytest.MonkeyPatch) -> HostList:
    found = HostList(api.client)
    monkeypatch.setattr("clients.order_pages._read_page", found)
    return found


def test_many_orders_with_an_invoice_are_closed_for_a_request_each_33(
    storage: str, api: Any, shop: Shop, sweep: Any, rows: Any, available: Any,
    host_list: HostList, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    api.put("inventory/TEA", {**TEA, "available": 50})
    for number in range(40):
        place(api, shop, f"o-{number}", quantity=1, pay=True)
        api.client.ended[f"o-{number}"] = "Completed"
    asked, count = api.client.asked, 0

    def hook(_: object) -> None:
        nonlocal count
        count += 1

    monkeypatch.setattr(sweep_module, "shop", lambda: open_shop(storage, raw_response_hook=hook))
    sweep()
    assert rows("open:") == []
    assert sorted(rows("closed:")) == sorted(api.client.ended)
    assert (api.client.asked - asked, host_list.pages) == (0, 2)
    # Where the last look stopped, the open orders, two transactions, who waits.
    assert count == 5
    assert available() == 10


@pytest.mark.parametrize(
    ("orders", "status", "asked", "pages"),
    [(9, "Completed", 9, 0), (10, "Completed", 0, 2), (9, "Running", 9, 0), (10, "Running", 0, 1)],
)
def test_from_ten_orders_on_the_host_is_asked_by_the_page(
    api: Any, shop: Shop, sweep: Any, rows: Any, host_list: HostList,
    orders: int, status: str, asked: int, pages: int,
) -> None:  # fmt: skip
    api.put("inventory/TEA", {**TEA, "available": 50})
    for number in range(orders):
        place(api, shop, f"o-{number}", quantity=1, pay=True)
        api.client.ended[f"o-{number}"] = status
    before = api.client.asked
    sweep()
    assert (api.client.asked - before, host_list.pages) == (asked, pages)
    assert len(rows("open:")) == (orders if status == "Running" else 0)


def test_among_many_those_that_broke_off_are_settled_and_the_live_ones_are_left(
    api: Any, shop: Shop, sweep: Any, rows: Any, available: Any, host_list: HostList
) -> None:
    api.put("inventory/TEA", {**TEA, "available": 30})
    ends = ["Running", "Completed", "Terminated", "Failed", "Suspended"]
    for number in range(25):
        place(api, shop, f"o-{number:02d}", quantity=1)
        api.client.ended[f"o-{number:02d}"] = ends[number % 5]
    api.client.started.pop("o-00")
    sweep()
    live = [
        f"o-{number:02d}" for number in range(25) if ends[number % 5] in ("Running", "Suspended")
    ]
    assert rows("open:") == live, "and the one that the host does not know is given time"
    assert available() == 30 - 25 + 10


def test_a_list_that_fails_has_them_asked_for_one_by_one(
    api: Any, shop: Shop, sweep: Any, rows: Any, host_list: HostList
) -> None:
    for number in range(12):
        place(api, shop, f"o-{number}", quantity=9)
        api.client.ended[f"o-{number}"] = "Terminated"
    host_list.fails = True
    sweep()
    assert rows("open:") == []


def test_a_sweep_that_is_cut_off_goes_on_where_it_stopped(
    api: Any, shop: Shop, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ordering.cleanup._PAGE", 2)
    for number in range(6):
        place(api, shop, f"o-{number}", quantity=9)
    seen: list[str] = []
    for _ in range(3):
        pages = shop.cleanup.open_orders()
        seen += [order.order_id for order in next(pages)]
        next(pages)  # the first page is done; then the process ends
    assert sorted(set(seen)) == [f"o-{number}" for number in range(6)]


def test_free_stock_that_nobody_was_told_of_wakes_who_waits(
    api: Any, shop: Shop, sweep: Any, storage: str
) -> None:
    place(api, shop, "o-1", quantity=9)
    api.put("inventory/TEA", {**TEA, "available": 9})
    sweep()
    queue = QueueClient.from_connection_string(storage, "event-queue")
    assert [b64decode(message.content) for message in queue.peek_messages()] == [
        b'{"instanceID": "o-1", "EventName": "Proceed", "EventData": {"reason": "stock is free"}}'
    ]


@pytest.mark.parametrize("deaf", ["suspended", "checked too often"])
def test_an_order_that_takes_no_proceed_is_passed_over_while_stock_is_free_for_the_next(
    api: Any, shop: Shop, sweep: Any, storage: str, deaf: str
) -> None:
    for order_id in ("o-1", "o-2"):
        place(api, shop, order_id, quantity=9)
    if deaf == "suspended":
        api.client.ended["o-1"] = "Suspended"
    else:
        api.client.custom["o-1"] = {"stage": "AwaitingProceed", "waitingFor": ["Cancel"]}
    api.put("inventory/TEA", {**TEA, "available": 9})
    sweep()
    queue = QueueClient.from_connection_string(storage, "event-queue")
    told = [json.loads(b64decode(message.content)) for message in queue.peek_messages()]
    assert [each["instanceID"] for each in told] == ["o-2"]


def test_an_invoiced_order_that_is_started_again_and_terminated_is_undone(
    api: Any, shop: Shop, sweep: Any, available: Any, rows: Any
) -> None:
    place(api, shop, pay=True)
    api.client.ended["o-1"] = "Completed"
    sweep()
    assert (rows("open:"), rows("closed:")) == ([], ["o-1"])
    # restartPostUri with restartWithNewInstanceId=false: the first activity of the second run.
    assert shop.inventory.check_and_reserve(parse_order(ORDER)) is True
    api.client.ended["o-1"] = "Terminated"
    sweep()
    assert available() == 5
    assert not shop.payments.is_charged("o-1")
    assert rows("open:") == []
    assert shop.ended.page("Invoiced", 9) == []


def test_an_invoiced_order_that_is_started_again_and_ends_as_before_is_looked_at_once_more(
    api: Any, shop: Shop, sweep: Any, available: Any, rows: Any
) -> None:
    place(api, shop, pay=True)
    api.client.ended["o-1"] = "Completed"
    sweep()
    listed = shop.ended.page("Invoiced", 9)
    shop.inventory.check_and_reserve(parse_order(ORDER))
    sweep()
    assert (available(), rows("open:"), rows("closed:")) == (3, [], ["o-1"])
    assert shop.ended.page("Invoiced", 9) == listed
    assert shop.payments.is_charged("o-1")


def test_an_order_that_is_started_again_while_a_sweep_closes_it_stays_open(
    api: Any, shop: Shop, sweep: Any, available: Any, rows: Any
) -> None:
    place(api, shop, pay=True)
    [[seen]] = shop.cleanup.open_orders()
    shop.inventory.check_and_reserve(parse_order(ORDER))
    shop.cleanup.close_invoiced([seen])
    assert rows("open:") == ["o-1"]
    api.client.ended["o-1"] = "Terminated"
    sweep()
    assert available() == 5
    assert rows("closed:") == []
