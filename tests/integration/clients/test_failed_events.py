"""The poison queue over HTTP: what lies there and why, sent again or removed."""

import asyncio
import json
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import azure.functions as func
import pytest
from azure.core.exceptions import ResourceExistsError
from azure.storage.queue import QueueClient

from clients.failed_events import delete_failed_event, list_failed_events, resend_failed_event

ORDER: dict[str, Any] = {
    "orderId": "o-1",
    "customerId": "ada",
    "items": [{"sku": "TEA", "quantity": 2}],
    "paymentMethod": "pm_card_visa",
}
GOOD = b'{"instanceID": "o-1", "EventName": "proceed", "EventData": 5}'

pytestmark = pytest.mark.usefixtures("tea")


@pytest.fixture
def poison(storage: str) -> Iterator[QueueClient]:
    with QueueClient.from_connection_string(storage, "event-queue-poison") as client:
        yield client


@pytest.fixture
def events(storage: str) -> Iterator[QueueClient]:
    with QueueClient.from_connection_string(storage, "event-queue") as client:
        client.create_queue()
        yield client


def put(poison: QueueClient, *bodies: bytes) -> list[str]:
    with suppress(ResourceExistsError):
        poison.create_queue()
    return [poison.send_message(b64encode(body).decode()).id for body in bodies]


def listed(api: Any) -> Any:
    function = list_failed_events.build().get_user_function().client_function
    request = func.HttpRequest(method="GET", url="http://x", body=b"")
    response = asyncio.run(function(req=request, client=api.client))
    return response.status_code, json.loads(response.get_body())


def act(builder: Any, message_id: str) -> tuple[int, Any]:
    request = func.HttpRequest(
        method="POST", url="http://x", body=b"", route_params={"messageId": message_id}
    )
    response = builder.build().get_user_function()(req=request)
    body = response.get_body()
    return response.status_code, json.loads(body) if body else None


def resend(message_id: str) -> tuple[int, Any]:
    return act(resend_failed_event, message_id)


def delete(message_id: str) -> tuple[int, Any]:
    return act(delete_failed_event, message_id)


def left(queue: QueueClient) -> list[str]:
    return [message.id for message in queue.peek_messages(32)]


def test_without_a_queue_there_are_no_messages(api: Any) -> None:
    assert listed(api) == (200, {"messages": [], "total": 0})
    assert resend("a-b")[0] == delete("a-b")[0] == 404


def test_each_message_says_what_it_is_and_what_would_become_of_it_now(
    api: Any, poison: QueueClient
) -> None:
    api.post("orders", ORDER)
    api.post("orders", {**ORDER, "orderId": "late"})
    api.client.ended["late"] = "Completed"
    unknown, late = GOOD.replace(b"o-1", b"nobody"), GOOD.replace(b"o-1", b"late")
    bodies = [GOOD, unknown, late, b"\xff\xfe", b'{"instanceID": "o-1"}', b"x" * 5000]
    ids = put(poison, *bodies)
    plain = poison.send_message("plain text!").id
    status, body = listed(api)
    found = {message["messageId"]: message for message in body["messages"]}
    assert (status, body["total"], [*found]) == (200, 7, [*ids, plain])
    told = [found[each] for each in ids]
    assert [each["problem"] for each in told] == [
        "deliverable", "unknownOrder", "finishedOrder", "invalid", "invalid", "invalid",
    ]  # fmt: skip
    assert (told[0]["text"], told[0]["orderId"], told[0]["event"]) == (
        GOOD.decode(), "o-1", "Proceed",
    )  # fmt: skip
    assert (told[3]["text"], told[3]["note"]) == (None, "It is no UTF-8 text; it has 2 bytes.")
    assert [field["field"] for field in told[4]["fields"]] == ["EventName"]
    assert len(told[5]["text"]) == 1000 and "5000 bytes" in told[5]["note"]
    assert found[plain]["text"] == "plain text!"
    assert found[plain]["why"].startswith("It was sent as plain text, and the queue takes base64")
    assert not any("plain text" in each["why"] for each in told)
    assert all(each["why"] and each["inserted"] < each["expires"] for each in told)
    assert left(poison) == [*ids, plain]


def test_the_answer_is_bounded(api: Any, poison: QueueClient) -> None:
    put(poison, *["\U0001f600".encode() * 10_000] * 40)
    _, body = listed(api)
    assert (len(body["messages"]), body["total"]) == (32, 40)
    assert len(json.dumps(body)) < 64 * 1024


def test_a_host_in_trouble_is_503(api: Any, poison: QueueClient) -> None:
    put(poison, GOOD)
    api.client.crash_at_start = True
    assert listed(api)[0] == 503


@pytest.mark.parametrize("place", [0, 2, 49])
def test_a_message_is_sent_again_as_it_was_and_no_other_is_moved(
    api: Any, poison: QueueClient, events: QueueClient, place: int
) -> None:
    bodies = [GOOD.replace(b"5", str(number).encode()) for number in range(50)]
    ids = put(poison, *bodies)
    assert resend(ids[place]) == (
        202, {"messageId": ids[place], "orderId": "o-1", "event": "Proceed"},
    )  # fmt: skip
    [sent] = events.peek_messages(32)
    assert sent.content == b64encode(bodies[place]).decode()
    assert poison.get_queue_properties().approximate_message_count == 49
    shown = [message.id for message in poison.receive_messages(messages_per_page=32)]
    assert sorted(shown) == sorted(set(ids) - {ids[place]}), "all can be seen again at once"
    assert resend(ids[place])[0] in (404, 503)


def test_a_repeat_finds_the_message_gone(
    api: Any, poison: QueueClient, events: QueueClient
) -> None:
    first, second = put(poison, GOOD, GOOD)
    assert resend(first)[0] == 202
    assert delete(second) == (204, None)
    for repeat in (resend(first), delete(first), delete(second)):
        assert repeat[0] == 404 and repeat[1]["error"]
    assert len(events.peek_messages(32)) == 1


@pytest.mark.parametrize("body", [b"\xff", b"no json", b'{"instanceID": "o-1"}'])
def test_what_would_fail_again_is_not_sent_and_stays(
    api: Any, poison: QueueClient, events: QueueClient, body: bytes
) -> None:
    [message_id] = put(poison, body)
    status, told = resend(message_id)
    assert status == 409 and told["fields"]
    assert left(poison) == [message_id] and left(events) == []
    assert delete(message_id)[0] == 204
    assert left(poison) == []


@pytest.mark.parametrize("message_id", ["", "x/y", "a" * 65, "'", "\ud800", "unknown"])
def test_an_id_that_is_none_is_not_found(api: Any, poison: QueueClient, message_id: str) -> None:
    ids = put(poison, GOOD)
    assert resend(message_id)[0] == delete(message_id)[0] == 404
    assert left(poison) == ids


def test_what_no_id_can_be_is_not_looked_for(api: Any, poison: QueueClient) -> None:
    put(poison, GOOD)
    # A look would find that another hides what may be it.
    next(poison.receive_messages(visibility_timeout=30))
    assert resend("unknown")[0] == delete("a-b")[0] == 404


def test_a_message_that_another_hides_may_be_there(api: Any, poison: QueueClient) -> None:
    [message_id] = put(poison, GOOD)
    next(poison.receive_messages(visibility_timeout=30))
    status, told = delete(message_id)
    assert status == 503 and "again" in told["error"]


def test_all_are_sent_again_by_many_at_once(
    api: Any, poison: QueueClient, events: QueueClient
) -> None:
    ids = put(poison, *[GOOD] * 12)

    def until_done(message_id: str) -> None:
        while (status := resend(message_id)[0]) != 202:
            assert status in (404, 503)
            if status == 404:
                return

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(until_done, ids))
    assert len(left(events)) == 12
    assert left(poison) == []


def test_plain_text_that_says_what_it_should_is_deliverable_and_told_what_was_wrong(
    api: Any, poison: QueueClient
) -> None:
    api.post("orders", ORDER)
    put(poison)
    poison.send_message(GOOD.decode())
    _, body = listed(api)
    [told] = body["messages"]
    assert told["problem"] == "deliverable"
    assert told["why"] == (
        "It was sent as plain text, and the queue takes base64 only. "
        "Sent again from here, it is encoded."
    )
