"""The log of a host at work: what each kind of order leaves there, line by line."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.running_app import RunningApp, order_for
from tests.usual_answers import BESIDE
from tools.http_client import request

WEEK = 7 * 24 * 3600
LINE = re.compile(r"\[[^\]]+Z\] (?:\[(?P<function>\w+) [\w-]+\] )?(?P<text>.*)")
MESSAGE = re.compile(r"Message [0-9a-f-]{36}")
EVENTS = re.compile(r"(?<=must be one of )[\w, ]+")
EXECUTED = re.compile(r"Id=[0-9a-f-]{36}, Duration=\d+ms")


class Log:
    """The lines that a host has printed since this was made, as `function: text`.

    Without those of activities that were added beside the ones that are told here.
    """

    def __init__(self, app: RunningApp) -> None:
        self._app = app
        self._begin = len(app.host.log)

    @property
    def lines(self) -> list[str]:
        found = []
        for line in self._app.host.log[self._begin :].splitlines():
            parsed = LINE.match(line)
            text = parsed["text"] if parsed else line
            text = EXECUTED.sub("Id, ms", MESSAGE.sub("Message m", text))
            text = EVENTS.sub("the events", text)
            function = parsed["function"] if parsed else None
            if function in BESIDE:
                continue
            found.append(f"{function}: {text}" if function else text)
        return found

    def of(self, order_id: str) -> list[str]:
        """Return what is said of an order by itself: those lines come in the order of its steps."""
        return [line for line in self.lines if f": Order {order_id} " in line]


def place(app: RunningApp, order: dict[str, Any]) -> str:
    app.place(order)
    return str(order["orderId"])


@pytest.fixture(scope="module")
def quiet(start_app: Callable[..., RunningApp]) -> RunningApp:
    started = start_app(SWEEP_SCHEDULE="0 0 0 1 1 *", ARCHIVE_SCHEDULE="0 0 0 1 1 *")
    if started.host.choice.name != "emulator":
        pytest.skip("other hosts print their own lines between those of the app")
    return started


@pytest.fixture
def log(quiet: RunningApp) -> Log:
    return Log(quiet)


def test_an_order_in_stock_is_four_lines(quiet: RunningApp, log: Log) -> None:
    sku = quiet.stock(5, unit_price=1250)
    order_id = place(quiet, order_for(sku, 2))
    quiet.wait_for(order_id, "Invoiced")
    assert log.lines == [
        f"StartOrder: Order {order_id} placed: 2 {sku}",
        f"CheckAndReserveInventory: Order {order_id} reserved: 2 {sku}",
        f"ProcessPayment: Order {order_id} charged: 25.00 EUR",
        f"PlaceOrder: Order {order_id} ended as Invoiced: INV-{order_id}",
    ]


def test_a_short_order_says_what_is_missing_and_what_woke_it(quiet: RunningApp, log: Log) -> None:
    sku = quiet.stock(1, unit_price=1000)
    order_id = place(quiet, order_for(sku, 3))
    quiet.wait_for(order_id, "AwaitingProceed")
    quiet.call("POST", f"/api/inventory/{sku}/restock", {"quantity": 5})
    quiet.wait_for(order_id, "Invoiced")
    told = [
        f"StartOrder: Order {order_id} placed: 3 {sku}",
        f"CheckAndReserveInventory: Order {order_id} is short: 2 of 3 {sku} missing",
        f"CheckAndReserveInventory: Order {order_id} reserved: 3 {sku}",
        f"ProcessPayment: Order {order_id} charged: 30.00 EUR",
        f"PlaceOrder: Order {order_id} ended as Invoiced: INV-{order_id}",
    ]
    others = [
        f"RestockInventory: {sku} restocked by 5: 6 free, 1 order woken: {order_id}",
        f"NotifyEvent: Message m: Proceed delivered to order {order_id}",
    ]
    quiet.wait_for_log("Proceed delivered to order", order_id)
    assert log.of(order_id) == told
    assert Counter(log.lines) == Counter(told + others)


def test_a_restock_that_came_twice_is_told_as_added_once(quiet: RunningApp, log: Log) -> None:
    sku = quiet.stock(0)
    for _ in range(2):
        headers = {"Idempotency-Key": f"delivery-{sku}"}
        url = f"{quiet.host.base_url}/api/inventory/{sku}/restock"
        answer = request("POST", url, {"quantity": 5}, headers=headers)
        assert answer.json()["available"] == 5
    again = f"{sku} is not restocked again: the delivery of 5 was added before under its key"
    assert log.lines == [
        f"RestockInventory: {sku} restocked by 5: 5 free, no order woken",
        f"RestockInventory: {again}; no order woken",
    ]


def test_a_declined_order_says_why(quiet: RunningApp, log: Log) -> None:
    sku = quiet.stock(5)
    order = order_for(sku, paymentMethod="pm_card_chargeDeclined")
    order_id = place(quiet, order)
    quiet.wait_for_end(order_id)
    why = "The payment was declined (generic_decline): Your card was declined."
    assert log.lines == [
        f"StartOrder: Order {order_id} placed: 1 {sku}",
        f"CheckAndReserveInventory: Order {order_id} reserved: 1 {sku}",
        f"ReleaseInventory: Order {order_id} gave its stock back",
        f"PlaceOrder: Order {order_id} ended as PaymentDeclined: {why}",
    ]


def test_a_cancelled_order_says_so(quiet: RunningApp, log: Log) -> None:
    order_id, sku, _ = quiet.pause_order()
    quiet.call("POST", f"/api/orders/{order_id}/events/cancel")
    quiet.wait_for_end(order_id)
    told = [
        f"StartOrder: Order {order_id} placed: 1 {sku}",
        f"CheckAndReserveInventory: Order {order_id} is short: 1 of 1 {sku} missing",
        f"PlaceOrder: Order {order_id} ended as Cancelled: "
        "The order was cancelled while it waited for stock.",
    ]
    assert log.of(order_id) == told
    cancel = f"RaiseOrderEvent: Cancel delivered to order {order_id}"
    assert Counter(log.lines) == Counter([*told, cancel])


def test_events_that_come_together_print_nothing_of_the_sdk(quiet: RunningApp, log: Log) -> None:
    order_id, sku, links = quiet.pause_order()
    quiet.call("POST", links["suspendPostUri"].replace("{text}", "both"))
    for _ in range(2):
        quiet.call("POST", f"/api/orders/{order_id}/events/proceed")
    quiet.set_stock(sku, 1)
    quiet.call("POST", links["resumePostUri"].replace("{text}", "both"))
    quiet.wait_for(order_id, "Invoiced")
    assert "Warning" not in "\n".join(log.lines)


def test_a_rejected_order_says_why(quiet: RunningApp, log: Log) -> None:
    sku, other = quiet.stock(0), quiet.stock(1)
    both = [{"sku": sku, "quantity": 1}, {"sku": other, "quantity": 1}]
    order_id = place(quiet, order_for(sku, items=both))
    quiet.wait_for(order_id, "AwaitingProceed")
    dollars = {"description": "Tea", "unitPrice": 1, "currency": "USD", "available": 5}
    quiet.call("PUT", f"/api/inventory/{sku}", dollars)
    quiet.call("POST", f"/api/orders/{order_id}/events/Proceed")
    quiet.wait_for_end(order_id)
    assert log.of(order_id) == [
        f"StartOrder: Order {order_id} placed: 1 {sku}, 1 {other}",
        f"CheckAndReserveInventory: Order {order_id} is short: 1 of 1 {sku} missing",
        f"PlaceOrder: Order {order_id} ended as Rejected: Order {order_id} mixes the currencies "
        "EUR, USD. Place one order for each currency.",
    ]


def test_questions_and_refusals_are_no_lines(quiet: RunningApp, log: Log) -> None:
    sku = quiet.stock(5)
    order = order_for(sku)
    order_id = place(quiet, order)
    quiet.wait_for(order_id, "Invoiced")
    before = log.lines
    asked = [
        ("POST", "/api/orders", order, 202),
        ("POST", "/api/orders", order_for(sku, 2, orderId=order_id), 409),
        ("POST", "/api/orders", order_for(sku, 0), 400),
        ("GET", f"/api/orders/{order_id}", None, 200),
        ("GET", f"/api/orders/{order_id}/history", None, 200),
        ("GET", "/api/orders", None, 200),
        ("GET", "/api/orders/none", None, 404),
        ("GET", "/api/inventory", None, 200),
        ("GET", f"/api/inventory/{sku}", None, 200),
        ("GET", "/api/inventory/none", None, 404),
        ("GET", "/api/events/failed", None, 200),
        ("GET", "/api/page", None, 200),
        ("POST", f"/api/orders/{order_id}/events/Proceed", None, 409),
        ("POST", "/api/orders/none/events/Proceed", None, 404),
        ("POST", f"/api/orders/{order_id}/events/Hurry", None, 400),
        ("POST", "/api/inventory/none/restock", {"quantity": 1}, 404),
    ]
    for method, path, body, status in asked:
        answer = quiet.call(method, path, body)
        assert answer.status == status, f"{method} {path}: {answer.text}"
    assert log.lines == before and len(before) == 4


def test_a_message_that_is_none_and_one_that_is_late_are_a_line_each(
    quiet: RunningApp, log: Log
) -> None:
    sku = quiet.stock(1)
    order_id = place(quiet, order_for(sku))
    quiet.wait_for(order_id, "Invoiced")
    before = len(log.lines)
    quiet.events.send_body(b'{"instanceID": "x"}')
    quiet.wait_for_log("moved to event-queue-poison: The notification")
    quiet.events.send(order_id)
    quiet.wait_for_log(order_id, "dropped")
    assert log.lines[before:] == [
        "NotifyEvent: ERROR: Message m moved to event-queue-poison: The notification is not "
        "valid: EventName must be one of the events; it is null",
        f"NotifyEvent: WARNING: Message m: Proceed for order {order_id} dropped: "
        "the order has already finished",
    ]


def test_an_event_for_an_order_that_is_none_is_two_lines_a_try(quiet: RunningApp, log: Log) -> None:
    quiet.events.send("nobody")
    quiet.wait_for_log("Moving message to queue")
    tries = [
        line
        for number in range(1, 6)
        for line in (
            "ERROR: Executed 'Functions.NotifyEvent' (Failed, Id, ms)",
            "clients.events.NotDelivered: Message m: Proceed for order nobody not delivered at "
            f"try {number}: there is no such order",
        )
    ]
    moved = "WARNING: Message has reached MaxDequeueCount of 5. Moving message to queue "
    assert log.lines == [*tries, f"{moved}'event-queue-poison'."]


def test_an_expired_order_says_how_long_it_waited(quiet: RunningApp, log: Log) -> None:
    order_id, sku, _ = quiet.pause_order()
    assert quiet.call("POST", "/admin/emulator/clock", {"advanceSeconds": WEEK}).status == 200
    quiet.wait_for_end(order_id)
    short = f"CheckAndReserveInventory: Order {order_id} is short: 1 of 1 {sku} missing"
    first, *looks, last = log.of(order_id)
    assert first == f"StartOrder: Order {order_id} placed: 1 {sku}"
    assert set(looks) == {short}
    assert last == (
        f"PlaceOrder: Order {order_id} ended as Expired: "
        f"The order expired: its stock did not come within {WEEK} seconds."
    )
