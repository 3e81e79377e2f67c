from typing import Any

import pytest
from azure.durable_functions.models.DurableOrchestrationStatus import DurableOrchestrationStatus

from clients.order_status import decode_event_data, describe

INVOICE = {"invoiceId": "INV-o-1", "total": 1700}


def status(**fields: Any) -> DurableOrchestrationStatus:
    """Make a status as the SDK reads it from the host's answer."""
    return DurableOrchestrationStatus.from_json(
        {
            "name": "PlaceOrder",
            "instanceId": "o-1",
            "createdTime": "2026-11-22T19:45:09Z",
            "lastUpdatedTime": "2026-11-22T19:46:10Z",
            "input": '"{}"',
            "output": None,
            "customStatus": None,
            **fields,
        }
    )


def test_a_waiting_order_shows_its_stage() -> None:
    waiting = {"stage": "AwaitingProceed", "attempt": 1}
    assert describe("o-1", status(runtimeStatus="Running", customStatus=waiting)) == {
        "orderId": "o-1",
        "stage": "AwaitingProceed",
        "runtimeStatus": "Running",
        "createdTime": "2026-11-22T19:45:09Z",
        "lastUpdatedTime": "2026-11-22T19:46:10Z",
        "invoice": None,
        "error": None,
    }


def test_an_order_before_its_first_step_is_pending() -> None:
    assert describe("o-1", status(runtimeStatus="Pending"))["stage"] == "Pending"


@pytest.mark.parametrize("output", [INVOICE, '{"invoiceId": "INV-o-1", "total": 1700}'])
def test_a_completed_order_shows_its_invoice(output: object) -> None:
    done = status(runtimeStatus="Completed", customStatus={"stage": "Invoiced"}, output=output)
    shown = describe("o-1", done)
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
    declined = {"stage": "PaymentDeclined"}
    shown = describe("o-1", status(runtimeStatus="Failed", customStatus=declined, output=output))
    assert shown["stage"] == "PaymentDeclined"
    assert shown["error"] == "The payment was declined."
    assert shown["invoice"] is None


@pytest.mark.parametrize("output", [None, "", {"a": 1}])
def test_a_failed_order_always_has_an_error(output: object) -> None:
    assert "log" in describe("o-1", status(runtimeStatus="Failed", output=output))["error"]


def test_a_terminated_order_says_so() -> None:
    shown = describe("o-1", status(runtimeStatus="Terminated", output="by hand"))
    assert "terminated" in shown["error"]


@pytest.mark.parametrize("custom", ["text", 5, [], '{"stage": "Invoiced"}'])
def test_a_custom_status_of_any_type_is_survived(custom: object) -> None:
    shown = describe("o-1", status(runtimeStatus="Running", customStatus=custom))
    assert shown["stage"] in ("Pending", "Invoiced")


@pytest.mark.parametrize(
    ("received", "meant"),
    [
        ('{"a": 1}', {"a": 1}),
        ("null", None),
        ("false", False),
        ("5", 5),
        ('"x"', "x"),
        ({"a": 1}, {"a": 1}),
        (None, None),
        (False, False),
        ("plain text", "plain text"),
        ("", ""),
        ("[" * 100_000, "[" * 100_000),
    ],
)
def test_data_is_decoded_whichever_way_it_came(received: object, meant: object) -> None:
    assert decode_event_data(received) == meant
