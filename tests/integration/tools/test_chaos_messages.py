"""The event queue of chaos: messages doubled, late and overtaken, none lost."""

import json
from collections.abc import Iterator

import pytest
from azure.storage.queue import QueueClient, TextBase64DecodePolicy, TextBase64EncodePolicy

from tools.audit.record import Record
from tools.chaos.armed import Armed
from tools.chaos.journal import Journal
from tools.chaos.messages import Messages
from tools.chaos.schedule import PlannedFault


@pytest.fixture
def armed() -> Armed:
    return Armed()


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def messages(storage: str, armed: Armed, journal: Journal) -> Iterator[Messages]:
    found = Messages(storage, armed, journal)
    yield found
    found.close()


def orders_on(storage: str, name: str = "event-queue") -> list[str]:
    """Return which orders the messages that can be seen are for."""
    decode = {"message_decode_policy": TextBase64DecodePolicy()}
    with QueueClient.from_connection_string(storage, name, **decode) as queue:
        return [json.loads(each.content)["instanceID"] for each in queue.peek_messages(32)]


def test_a_message_is_sent_twice(
    messages: Messages, armed: Armed, journal: Journal, storage: str
) -> None:
    armed.add("message", PlannedFault(0, "message-doubled", 1))
    record = Record()
    messages.send("a", "Proceed", record)
    messages.send("b", "Proceed", record)
    assert orders_on(storage) == ["a", "a", "b"]
    assert len(record.sent) == messages.sent == 3
    assert journal.orders_hit() == {"message-doubled": {"a"}}


def test_a_message_is_overtaken_by_two_others(
    messages: Messages, armed: Armed, journal: Journal, storage: str
) -> None:
    armed.add("message", PlannedFault(0, "message-reordered", 1))
    record = Record()
    for order_id in ("a", "b"):
        messages.send(order_id, "Proceed", record)
    assert journal.events == []
    for order_id in ("c", "d"):
        messages.send(order_id, "Proceed", record)
    assert orders_on(storage) == ["b", "c", "a", "d"]
    assert journal.orders_hit() == {"message-reordered": {"a"}}


def test_what_nothing_overtook_is_sent_in_the_end_and_not_counted(
    messages: Messages, armed: Armed, journal: Journal, storage: str
) -> None:
    armed.add("message", PlannedFault(0, "message-reordered", 1))
    messages.send("a", "Proceed", Record())
    assert orders_on(storage) == []
    messages.flush()
    assert orders_on(storage) == ["a"] and journal.events == []


def test_a_message_comes_late(messages: Messages, armed: Armed, storage: str) -> None:
    armed.add("message", PlannedFault(0, "message-delayed", 1))
    messages.send("a", "Proceed", Record())
    assert messages.length() == 1


def test_poison_is_sent_again_unless_its_order_was_purged(messages: Messages, storage: str) -> None:
    encode = {"message_encode_policy": TextBase64EncodePolicy()}
    with QueueClient.from_connection_string(storage, "event-queue-poison", **encode) as poison:
        poison.create_queue()
        for order_id in ("a", "gone"):
            poison.send_message(json.dumps({"instanceID": order_id, "EventName": "Proceed"}))
    record = Record()
    messages.replay_poison(record, {"gone"})
    assert orders_on(storage) == ["a"] and orders_on(storage, "event-queue-poison") == []
    assert messages.replayed == 1 and len(record.poison) == 2
