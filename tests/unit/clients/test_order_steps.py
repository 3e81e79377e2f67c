"""The story of an order, from the history that the real SDK makes under the extension's rules."""

import json
from datetime import datetime, timezone
from typing import Any

import pytest

from clients.history_events import moment
from clients.order_steps import MOST_STEPS, cut, steps_of
from durable_sdk import IS_2, InstanceStatus, _as_shown
from tests.unit.orchestrators.simulated_order import SimulatedOrder
from tests.usual_answers import BESIDE, CHECK, PAY, REFUND, RELEASE

if IS_2:
    from durabletask.history import _from_protobuf
else:
    from functions_emulator.durable.events import EventType, record
    from functions_emulator.durable.history_view import shown

ORDER = {
    "orderId": "order-1",
    "customerId": "c-1",
    "items": [{"sku": "TEA", "quantity": 2}],
    "paymentMethod": "pm_card_visa",
}
INVOICE = {"invoiceId": "INV-order-1", "total": 700, "currency": "EUR", "lines": []}


def start() -> SimulatedOrder:
    return SimulatedOrder(ORDER)


def steps(order: SimulatedOrder) -> list[dict[str, Any]]:
    """Return the steps of an order, without those beside the four that are told here."""
    if IS_2:
        history = _as_shown([_from_protobuf(event) for event in order._history])
    else:
        history = shown(
            [record(event) for event in order.history], show_output=True, show_input=True
        )
    status = InstanceStatus(
        "order-1",
        "PlaceOrder",
        order.status,
        order.custom_status,
        order.output,
        order.now,
        order.now,
    )
    return [step for step in steps_of(status, history) if step["type"] not in BESIDE]


sdk_1 = pytest.mark.skipif(IS_2, reason="the simulation of 2.x gives its events no times")


def test_an_order_in_stock() -> None:
    order = start()
    order.answer(CHECK, True)
    order.answer(PAY, {"status": "charged", "invoice": INVOICE})
    placed, check, payment, end = steps(order)
    assert (placed["type"], check["type"], payment["type"]) == ("placed", "check", "payment")
    assert (check["attempt"], check["try"], check["outcome"]) == (1, 1, "reserved")
    assert check["endTime"] and check["seconds"] >= 0
    assert payment["outcome"] == "charged"
    assert (payment["total"], payment["currency"]) == (700, "EUR")
    assert (end["type"], end["stage"], end["reason"], end["error"]) == (
        "end", "Invoiced", None, None,
    )  # fmt: skip


@sdk_1
def test_a_wait_that_an_event_ends() -> None:
    order = start()
    order.answer(CHECK, False)
    order.advance(minutes=3)
    order.raise_event("proceed", '"secret"')
    order.raise_event("Proceed", '"secret"')
    order.advance(seconds=2)
    order.answer(CHECK, False)
    told = steps(order)
    wait, *events, check, again = told[2:]
    assert {name: wait[name] for name in ("type", "time", "until", "endTime", "seconds")} == {
        "type": "wait",
        "time": "2026-11-22T12:00:00.000Z",
        "until": "2026-11-23T12:00:00.000Z",
        "endTime": "2026-11-22T12:03:00.000Z",
        "seconds": 180.0,
    }
    assert wait["endedBy"] == "Proceed"
    assert [event["name"] for event in events] == ["Proceed", "Proceed"]
    assert (check["attempt"], check["outcome"], check["seconds"]) == (2, "short", 2.0)
    assert (again["type"], again["endTime"], again["endedBy"]) == ("wait", None, None)
    assert "secret" not in json.dumps(told)


@sdk_1
def test_a_wait_that_its_timer_ends() -> None:
    order = start()
    order.answer(CHECK, False)
    order.advance(days=1)
    order.answer(CHECK, True)
    _, _, wait, timer, check, payment = steps(order)
    assert (wait["endedBy"], timer["type"], timer["time"][:10]) == ("timer", "timer", "2026-11-23")
    assert (check["attempt"], payment["endTime"], payment["outcome"]) == (2, None, None)


@sdk_1
def test_the_timer_of_a_wait_that_is_over_is_no_step() -> None:
    order = start()
    order.answer(CHECK, False)
    order.advance(hours=1)
    order.raise_event("Proceed")
    order.answer(CHECK, False)
    order.advance(hours=23)
    fired = [event for event in order.history if event["EventType"] == EventType.TIMER_FIRED]
    assert len(fired) == 1
    assert [step["type"] for step in steps(order)] == [
        "placed", "check", "wait", "event", "check", "wait",
    ]  # fmt: skip


@sdk_1
def test_failures_and_the_pauses_between_tries() -> None:
    order = start()
    order.fail(CHECK, 'Activity function failed: storage is away\nTraceback "secret"')
    order.advance(seconds=5)
    order.fail(CHECK, "again")
    order.advance(seconds=5)
    order.answer(CHECK, False)
    told = steps(order)
    assert [step["type"] for step in told] == [
        "placed", "check", "retry", "check", "retry", "check", "wait",
    ]  # fmt: skip
    checks = [step for step in told if step["type"] == "check"]
    assert [(check["attempt"], check["try"], check["outcome"]) for check in checks] == [
        (1, 1, "failed"), (1, 2, "failed"), (1, 3, "short"),
    ]  # fmt: skip
    assert checks[0]["error"].endswith("storage is away")
    assert (told[2]["step"], told[2]["seconds"]) == ("check", 5.0)
    assert "secret" not in json.dumps(told)


def test_a_declined_order_and_what_undoes_it() -> None:
    order = start()
    order.answer(CHECK, True)
    order.answer(PAY, {"status": "declined", "code": "no_funds", "message": "No funds."})
    order.answer(RELEASE, {"released": True})
    order.answer(REFUND, {"refunded": 0})
    payment, release, refund, end = steps(order)[2:]
    assert (payment["outcome"], payment["reason"]) == ("declined", "No funds.")
    assert (release["type"], release["outcome"]) == ("release", "released")
    assert (refund["type"], refund["outcome"]) == ("refund", "nothing")
    assert end["stage"] == "PaymentDeclined" and "No funds" in end["reason"]


def test_a_rejected_order_and_one_that_is_refunded() -> None:
    order = start()
    order.answer(CHECK, {"status": "rejected", "reason": "Two currencies."})
    order.answer(RELEASE, {"released": False})
    order.answer(REFUND, {"refunded": 500})
    _, check, release, refund, end = steps(order)
    assert (check["outcome"], check["reason"]) == ("rejected", "Two currencies.")
    assert (release["outcome"], refund["outcome"], refund["amount"]) == ("nothing", "refunded", 500)
    assert (end["stage"], end["reason"]) == ("Rejected", "Two currencies.")


def test_an_order_that_has_not_begun_has_no_steps() -> None:
    assert steps_of(InstanceStatus("o", "PlaceOrder", "Pending", None, None, None, None), []) == []


def test_an_order_that_was_terminated_ends_its_wait() -> None:
    history = [
        {"EventType": "ExecutionStarted", "Timestamp": "2026-11-22T12:00:00.1234567Z"},
        {"EventType": "TimerCreated", "Timestamp": "2026-11-22T12:00:01Z", "FireAt": None},
        {"EventType": "ExecutionTerminated", "Timestamp": "2026-11-22T12:00:02+00:00"},
    ]
    status = InstanceStatus("o", "PlaceOrder", "Terminated", None, None, None, None)
    placed, wait, terminated, end = steps_of(status, history)
    assert placed["time"] == "2026-11-22T12:00:00.123Z"
    assert (wait["seconds"], wait["endedBy"]) == (1.0, None)
    assert (terminated["type"], end["stage"]) == ("terminated", "Failed")


@pytest.mark.parametrize(
    "event", [{}, {"EventType": 5}, {"Timestamp": "soon"}, {"EventType": "TaskCompleted"}]
)
def test_what_has_no_time_is_left_out(event: dict[str, Any]) -> None:
    status = InstanceStatus("o", "PlaceOrder", "Running", None, None, None, None)
    assert steps_of(status, [event]) == []


def test_a_long_story_is_cut_and_the_newest_is_kept() -> None:
    short = [{"type": "event", "time": str(number)} for number in range(MOST_STEPS)]
    assert cut(short) == short
    assert cut([]) == []
    long = [{"type": "event", "time": str(number)} for number in range(MOST_STEPS + 7)]
    first, *rest = cut(long)
    assert first == {"type": "cut", "time": "7", "left": 7}
    assert rest == long[7:]


def test_a_story_of_long_texts_is_under_64_kilobytes() -> None:
    story = [{"type": "check", "time": "t", "error": "\U0001f600" * 50} for _ in range(300)]
    answered = cut(story)
    assert 40_000 < len(json.dumps(answered)) < 64 * 1024
    assert answered[0]["left"] == 300 - (len(answered) - 1)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("2026-11-22T12:00:00.5Z", datetime(2026, 11, 22, 12, 0, 0, 500_000, timezone.utc)),
        ("2026-11-22T12:00:00+00:00", datetime(2026, 11, 22, 12, tzinfo=timezone.utc)),
        ("noon", None),
        (None, None),
    ],
)
def test_times_are_read_as_hosts_write_them(text: Any, known: datetime | None) -> None:
    assert moment(text) == known
