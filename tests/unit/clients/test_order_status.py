from datetime import datetime, timezone
from typing import Any

import pytest

from clients.order_status import describe
from durable_sdk import InstanceStatus

INVOICE = {"invoiceId": "INV-o-1", "total": 1700}
CREATED = datetime(2026, 11, 22, 19, 45, 9, tzinfo=timezone.utc)
UPDATED = datetime(2026, 11, 22, 19, 46, 10, tzinfo=timezone.utc)


def status(runtime_status: str, custom_status: Any = None, output: Any = None) -> InstanceStatus:
    return InstanceStatus(
        "o-1", "PlaceOrder", runtime_status, custom_status, output, CREATED, UPDATED
    )


def test_a_waiting_order_shows_its_stage() -> None:
    assert describe(status("Running", {"stage": "AwaitingProceed", "attempt": 1})) == {
        "orderId": "o-1",
        "stage": "AwaitingProceed",
        "runtimeStatus": "Running",
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
    assert shown["stage"] == "PaymentDeclined"
    assert shown["error"] == "The payment was declined."
    assert shown["invoice"] is None


@pytest.mark.parametrize("output", [None, "", {"a": 1}])
def test_a_failed_order_always_has_an_error(output: object) -> None:
    assert "log" in describe(status("Failed", output=output))["error"]


def test_a_terminated_order_says_so() -> None:
    assert "terminated" in describe(status("Terminated", output="by hand"))["error"]


@pytest.mark.parametrize("custom", ["text", 5, [], None])
def test_a_custom_status_of_any_type_is_survived(custom: object) -> None:
    assert describe(status("Running", custom))["stage"] == "Pending"
