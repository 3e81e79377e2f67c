import asyncio
import json
import logging
import traceback
from typing import Any

import azure.functions as func
import pytest

from clients.events import NotDelivered, notify_event

function = notify_event.build()
run = function.get_user_function().client_function

GOOD = {"instanceID": "o-1", "EventName": "proceed", "EventData": {"by": "ada"}}
FINISHED = Exception("Instance with ID o-1 is gone: either completed or failed")
UNKNOWN = Exception("No instance with ID o-1 found.")


class FakeClient:
    """Remembers the events that it was asked to raise."""

    def __init__(self, error: Exception | None = None) -> None:
        self.raised: list[tuple[str, str, Any]] = []
        self._error = error

    async def raise_event(self, instance_id: str, event_name: str, event_data: Any) -> None:
        self.raised.append((instance_id, event_name, event_data))
        if self._error:
            raise self._error

    async def raise_orchestration_event(
        self, instance_id: str, event_name: str, *, data: Any
    ) -> None:  # as client 2.x calls it
        await self.raise_event(instance_id, event_name, data)


class FakeOut(func.Out[bytes]):
    """What was sent to the poison queue."""

    def __init__(self) -> None:
        self.value: bytes | None = None

    def set(self, val: bytes) -> None:
        self.value = val

    def get(self) -> bytes:
        assert self.value is not None
        return self.value


class Third(func.QueueMessage):
    """A message that is delivered for the third time."""

    dequeue_count = 3


def notify(body: bytes | str, client: FakeClient) -> FakeOut:
    poison = FakeOut()
    message = Third(id="message-7", body=body)
    asyncio.run(run(msg=message, poison=poison, client=client))
    return poison


def test_an_event_is_raised_under_its_canonical_name(caplog: pytest.LogCaptureFixture) -> None:
    client = FakeClient()
    caplog.set_level(logging.INFO)
    poison = notify(json.dumps(GOOD), client)
    assert caplog.messages == ["Message message-7: Proceed delivered to order o-1"]
    assert client.raised == [("o-1", "Proceed", {"by": "ada"})]
    assert poison.value is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"Proceed o-1",
        b'["Proceed", "o-1"]',
        b"\xff\x00\xfe",
        b'{"instanceID": "o-1"}',
        b'{"instanceID": "o-1", "EventName": "Go"}',
        b'{"instanceID": "x/terminate?reason=pwn#", "EventName": "Proceed"}',
        b"[" * 20_000,
    ],
)
def test_what_can_never_be_delivered_goes_to_the_poison_queue_as_it_came(
    body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    client = FakeClient()
    assert notify(body, client).value == body
    assert client.raised == []
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert "message-7" in record.message and "The notification is not valid" in record.message


def test_an_event_for_a_finished_order_is_dropped_with_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    poison = notify(json.dumps(GOOD), FakeClient(FINISHED))
    assert poison.value is None
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "o-1" in record.message and "already finished" in record.message


@pytest.mark.parametrize("error", [UNKNOWN, ConnectionError("refused"), ValueError("not JSON")])
def test_an_event_that_may_be_delivered_later_is_left_to_the_queue(error: Exception) -> None:
    with pytest.raises(NotDelivered, match="Proceed for order o-1 not delivered at try 3: ") as e:
        notify(json.dumps(GOOD), FakeClient(error))
    # Hosts print it at each of five tries: one line, whatever it came of.
    assert traceback.format_exception(e.value) == [f"clients.events.NotDelivered: {e.value}\n"]
    assert str(e.value).startswith("Message message-7: ")
    reason = "there is no such order" if error is UNKNOWN else f"{type(error).__name__}: {error}"
    assert str(e.value).endswith(reason)


def test_data_that_an_sdk_could_act_on_is_sent_as_text() -> None:
    client = FakeClient()
    data = {"a": {"__class__": "x", "__module__": "y", "__data__": 1}}
    poison = notify(json.dumps({**GOOD, "EventData": data}), client)
    assert client.raised == [("o-1", "Proceed", json.dumps(data))]
    assert poison.value is None


def test_the_function_is_bound_as_the_contract_says() -> None:
    bindings = {binding.name: binding.get_dict_repr() for binding in function.get_bindings()}
    assert function.get_function_name() == "NotifyEvent"
    assert bindings["msg"]["type"] == "queueTrigger"
    assert bindings["msg"]["queueName"] == "event-queue"
    assert bindings["poison"]["queueName"] == "event-queue-poison"
    # Text would not survive: the host splits JSON arrays and replaces what is not UTF-8.
    assert bindings["msg"]["dataType"] == bindings["poison"]["dataType"] == func.DataType.BINARY
    # Hosts before 4.1038 refuse other characters: azure-functions-host#9917.
    assert all(name.isalnum() for name in bindings)
