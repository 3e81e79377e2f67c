from datetime import datetime, timezone
from typing import Any

import pytest

from clients.order_status import describe, needs_of, shortage
from durable_sdk import InstanceStatus

INVOICE = {"invoiceId": "INV-o-1", "total": 1700}
CREATED = datetime(2026, 11, 22, 19, 45, 9, tzinfo=timezone.utc)
UPDATED = datetime(2026, 11, 22, 19, 46, 10, tzinfo=timezone.utc)


def status(runtime_status: str, custom_status: Any = None, output: Any = None) -> InstanceStatus:
    return InstanceStatus(
        "o-1", "PlaceOrder", runtime_status, custom_status, output, CREATED, UPDATED
    )


def test_a_waiting_order_shows_its_stage() -> None:
    waiting = {
        "stage": "AwaitingProceed",
        "attempt": 1,
        "waitingFor": ["Proceed", "Cancel"],
        "until": "2026-11-29T19:45:09Z",
    }
    assert describe(status("Running", waiting)) == {
        "orderId": "o-1",
        **waiting,
        "runtimeStatus": "Running",
        "short": None,
        "createdTime": "2026-11-22T19:45:09Z",
        "lastUpdatedTime": "2026-11-22T19:46:10Z",
        "invoice": None,
        "reason": None,
        "error": None,
    }


def test_an_order_before_its_first_step_is_pending() -> None:
    assert describe(status("Pending"))["stage"] == "Pending"


def test_an_order_that_a_decision_ended_shows_its_reason() -> None:
    output = {"orderId": "o-1", "stage": "Cancelled", "reason": "The order was cancelled."}
    shown = describe(status("Completed", {"stage": "Cancelled"}, output))
    assert (shown["stage"], shown["reason"]) == ("Cancelled", "The order was cancelled.")
    assert shown["invoice"] is None and shown["error"] is None


def test_a_completed_order_shows_its_invoice() -> None:
    shown = describe(status("Completed", {"stage": "Invoiced"}, INVOICE))
    assert shown["invoice"] == INVOICE and shown["error"] is None


@pytest.mark.parametrize(
    "output",
    [
        "The payment was declined.",
        "Orchestrator function 'PlaceOrder' failed: The payment was declined.",
        'The payment was declined.\n\n$OutOfProcData$:{"isDone": false, "actions": []}',
    ],
)
def test_a_failed_order_shows_what_a_person_understands(output: str) -> None:
    shown = describe(status("Failed", {"stage": "PaymentDeclined"}, output))
    assert shown["stage"] == "Failed"
    assert shown["error"] == "The payment was declined."
    assert shown["invoice"] is None


@pytest.mark.parametrize("output", [None, "", {"a": 1}])
def test_a_failed_order_always_has_an_error(output: object) -> None:
    assert "log" in describe(status("Failed", output=output))["error"]


@pytest.mark.parametrize("runtime_status", ["Failed", "Terminated", "Canceled"])
def test_an_order_that_broke_off_waits_for_nothing(runtime_status: str) -> None:
    waiting = {"stage": "AwaitingProceed", "attempt": 2, "waitingFor": ["Proceed"], "until": "x"}
    shown = describe(status(runtime_status, waiting, "by hand"))
    assert shown["stage"] == "Failed" and shown["error"]
    assert [shown[name] for name in ("attempt", "waitingFor", "until")] == [None] * 3


def test_a_terminated_order_says_so() -> None:
    assert "terminated" in describe(status("Terminated", output="by hand"))["error"]


def test_what_is_short_is_told_sku_by_sku() -> None:
    needs = needs_of({"items": [{"sku": "A", "quantity": 3}, {"sku": "B", "quantity": 2}]})
    assert shortage(needs, {"A": 1, "B": 2}) == [
        {"sku": "A", "missing": 2, "needed": 3, "available": 1}
    ]


@pytest.mark.parametrize(
    "data",
    [None, "text", [], {}, {"items": 5}, {"items": [5, {"sku": "A"}, {"sku": 1, "quantity": 1}]}],
)
def test_an_input_that_is_no_order_needs_nothing(data: object) -> None:
    assert needs_of(data) == {}


@pytest.mark.parametrize("custom", ["text", 5, [], None])
def test_a_custom_status_of_any_type_is_survived(custom: object) -> None:
    assert describe(status("Running", custom))["stage"] == "Pending"
