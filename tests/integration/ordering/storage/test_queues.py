from base64 import b64encode
from datetime import timedelta

import pytest
from azure.storage.queue import QueueClient, TextBase64DecodePolicy

from ordering.errors import StorageUnavailable
from ordering.storage.credentials import account_from_connection_string
from ordering.storage.queues import Queue, open_queue


@pytest.fixture
def queue(storage: str) -> Queue:
    return open_queue(account_from_connection_string(storage), "things")


def test_messages_are_sent_as_the_trigger_reads_them(queue: Queue, storage: str) -> None:
    queue.send(["ä", "b"])
    with QueueClient.from_connection_string(
        storage, "things", message_decode_policy=TextBase64DecodePolicy()
    ) as client:
        assert [message.content for message in client.peek_messages(5)] == ["ä", "b"]


def test_the_first_ones_come_first_and_none_is_lost(queue: Queue, storage: str) -> None:
    texts = [str(number) for number in range(50)]
    queue.send(texts)
    assert [message.text for message in queue.peek()] == texts[:32]
    with QueueClient.from_connection_string(storage, "things") as client:
        assert client.get_queue_properties().approximate_message_count == 50


def test_nothing_to_send_makes_no_queue(queue: Queue) -> None:
    queue.send([])
    assert queue.peek() == []


def test_a_look_leaves_messages_where_they_are(queue: Queue) -> None:
    queue.send(["one", "two"])
    for _ in range(2):
        (message,) = queue.peek(1)
        assert (message.text, message.raw, message.dequeue_count) == ("one", "b25l", 0)
        assert message.expires - message.inserted > timedelta(days=6)


def test_a_message_that_is_no_base64_is_shown_as_it_is(queue: Queue, storage: str) -> None:
    queue.send(["one"])
    with QueueClient.from_connection_string(storage, "things") as client:
        client.send_message("plain {text}")
        client.send_message(b64encode(b"\xff\xfe").decode())
    plain, binary = queue.peek()[1:]
    assert (plain.text, plain.raw) == ("plain {text}", "plain {text}")
    assert binary.text == "\N{REPLACEMENT CHARACTER}" * 2


def test_a_key_that_is_refused_is_reported(storage: str) -> None:
    wrong = storage.replace("AccountKey=", "AccountKey=AAAA")
    queue = open_queue(account_from_connection_string(wrong), "things")
    for call in (lambda: queue.send(["x"]), queue.peek):
        with pytest.raises(StorageUnavailable, match="403 .*Set AzureWebJobsStorage anew"):
            call()
