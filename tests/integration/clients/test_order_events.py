"""Events over HTTP, and over the queue for orders that have ended: what becomes of them."""

import asyncio
import json
import logging
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import azure.functions as func
import pytest
from azure.storage.queue import QueueClient

from clients.events import notify_event
from ordering.model import parse_order
from ordering.notifications import EVENT_NAMES
from ordering.shop import shop

ORDER: dict[str, Any] = {
    "orderId": "o-1",
    "customerId": "ada",
    "items": [{"sku": "TEA", "quantity": 2}],
    "paymentMethod": "pm_card_visa",
}
CLASS = {"__class__": "x", "__module__": "y", "__data__": 1}
FINISHED = Exception("Instance with ID o-1 is gone: either completed or failed")

pytestmark = pytest.mark.usefixtures("tea")


@pytest.mark.parametrize("name", ["Proceed", "proceed", "CANCEL", "cAnCeL"])
def test_an_event_is_raised_under_its_canonical_name(api: Any, name: str) -> None:
    api.post("orders", ORDER)
    answer = api.post(f"orders/o-1/events/{name}", {"by": "ann"})
    assert answer.status == 202
    assert answer.body == {"orderId": "o-1", "event": name.capitalize()}
    assert api.client.raised == [("o-1", name.capitalize(), {"by": "ann"})]


@pytest.mark.parametrize(
    ("body", "data"), [(b"", None), (b" \n", None), (b"null", None), (b"5", 5)]
)
def test_data_is_any_json_or_nothing(api: Any, body: bytes, data: Any) -> None:
    api.post("orders", ORDER)
    assert api.post("orders/o-1/events/Proceed", body).status == 202
    assert api.client.raised == [("o-1", "Proceed", data)]


@pytest.mark.parametrize("name", ["Go", "", "Proceed?x=1", "proc\u0435ed", "Proceed\n"])
def test_another_event_is_named_as_bad(api: Any, name: str) -> None:
    api.post("orders", ORDER)
    answer = api.post(f"orders/o-1/events/{name}")
    assert (answer.status, answer.fields) == (400, ["eventName"])
    assert ", ".join(EVENT_NAMES) in answer.body["error"]


@pytest.mark.parametrize("data", [CLASS, {"a": [CLASS]}, [{"__x": 1}]])
def test_data_that_an_sdk_could_act_on_is_refused(api: Any, data: Any) -> None:
    api.post("orders", ORDER)
    answer = api.post("orders/o-1/events/Proceed", data)
    assert answer.status == 400
    assert answer.fields[0].rpartition(".")[2].startswith("__")
    assert api.client.raised == []


def test_data_that_no_message_could_carry_is_refused(api: Any) -> None:
    api.post("orders", ORDER)
    assert api.post("orders/o-1/events/Proceed", b"1" * 49_153).status == 413


@pytest.mark.parametrize("order_id", ["unknown", "x/terminate?reason=pwn#", ""])
def test_an_order_that_is_not_there_is_not_found(api: Any, order_id: str) -> None:
    assert api.post(f"orders/{order_id}/events/Proceed").status == 404
    assert api.client.raised == []


@pytest.mark.parametrize("status", ["Completed", "Failed", "Terminated"])
def test_an_order_that_has_ended_is_a_conflict(api: Any, status: str) -> None:
    api.post("orders", ORDER)
    api.client.ended["o-1"] = status
    answer = api.post("orders/o-1/events/Proceed")
    assert answer.status == 409 and "ended" in answer.body["error"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (FINISHED, 409),
        (Exception("No instance with ID o-1 found."), 404),
        (ConnectionError("refused"), 503),
        (Exception("Webhook returned unrecognized status code 500"), 503),
    ],
)
def test_what_the_host_answers_is_told(api: Any, error: Exception, status: int) -> None:
    api.post("orders", ORDER)
    api.client.refuses_events = error
    answer = api.post("orders/o-1/events/Cancel")
    assert answer.status == status
    assert (answer.headers.get("Retry-After") == "5") == (status == 503)


def test_a_host_that_does_not_answer_is_503(api: Any) -> None:
    api.client.crash_at_start = True
    assert api.post("orders/o-1/events/Proceed").status == 503


@pytest.fixture
def notify(api: Any) -> Callable[[str], None]:
    """Hand NotifyEvent a message for order o-1, which has ended."""
    api.client.refuses_events = FINISHED
    run = notify_event.build().get_user_function().client_function

    def send(name: str) -> None:
        body = json.dumps({"instanceID": "o-1", "EventName": name}).encode()
        message = func.QueueMessage(id="m-1", body=body)
        asyncio.run(run(msg=message, poison=None, client=api.client))

    return send


@pytest.fixture
def woken(storage: str) -> Callable[[], list[str]]:
    queue = QueueClient.from_connection_string(storage, "event-queue")
    queue.create_queue()
    return lambda: [
        json.loads(b64decode(message.content))["instanceID"] for message in queue.peek_messages()
    ]


def check(order_id: str, quantity: int) -> bool:
    items = [{"sku": "TEA", "quantity": quantity}]
    return shop().check_and_reserve(parse_order({**ORDER, "orderId": order_id, "items": items}))


def test_a_proceed_for_an_order_that_has_ended_goes_to_the_next_in_line(
    api: Any, notify: Any, woken: Any, caplog: pytest.LogCaptureFixture
) -> None:
    for number in (1, 2):
        assert not check(f"o-{number}", 9)
    # It was terminated, and a restock before the sweep counts on it.
    assert shop().restocks.restock("TEA", 4).notified == ["o-1"]
    with caplog.at_level(logging.WARNING):
        notify("Proceed")
    assert woken() == ["o-2"]
    [record] = caplog.records
    assert "already finished" in record.message and "next in line" in record.message
    notify("Proceed")
    assert woken() == ["o-2"]


@pytest.mark.parametrize("name", ["Proceed", "Cancel"])
def test_what_the_order_has_released_or_holds_is_left_alone(
    api: Any, notify: Any, woken: Any, name: str, count_requests: Callable[[], int]
) -> None:
    assert check("o-1", 5)
    assert not check("o-2", 5)
    before = count_requests()
    notify(name)
    assert count_requests() - before == (1 if name == "Proceed" else 0)
    assert woken() == []
    assert api.get("inventory/TEA").body["available"] == 0


def test_a_cancel_for_an_order_that_has_ended_wakes_nobody(
    notify: Any, woken: Any, api: Any
) -> None:
    for number in (1, 2):
        assert not check(f"o-{number}", 9)
    api.put(
        "inventory/TEA", {"description": "T", "unitPrice": 1, "currency": "EUR", "available": 9}
    )
    notify("Cancel")
    assert woken() == []
