import base64
import json
from collections.abc import Callable
from typing import Any

import azure.functions as func
import pytest
from azure.core.exceptions import ResourceNotFoundError, ServiceRequestError
from azure.storage.queue import QueueClient

from clients.restock import restock_inventory
from ordering.errors import StorageUnavailable
from ordering.model import parse_order
from ordering.notifications import Notification, parse_notification
from ordering.shop import shop

function = restock_inventory.build()

ORDER = {
    "orderId": "o-1",
    "customerId": "ada",
    "items": [{"sku": "TEA", "quantity": 7}],
    "paymentMethod": "pm_card_visa",
}


def received(storage: str) -> list[str]:
    """Take all messages off the event queue; base64, as the trigger expects."""
    with QueueClient.from_connection_string(storage, "event-queue") as queue:
        try:
            messages = list(queue.receive_messages(messages_per_page=32))
        except ResourceNotFoundError:
            return []
        for message in messages:
            queue.delete_message(message)
    return [base64.b64decode(message.content, validate=True).decode() for message in messages]


Restock = Callable[..., tuple[int, Any, list[str]]]


@pytest.fixture
def restock(api: Any, tea: None, storage: str) -> Restock:
    """Restock TEA, of which there are 5; answers status, body and the messages sent."""

    def send(body: Any, key: str | None = None, sku: str = "TEA") -> tuple[int, Any, list[str]]:
        request = func.HttpRequest(
            method="POST",
            url=f"http://localhost:7071/api/inventory/{sku}/restock",
            headers={} if key is None else {"idempotency-key": key},
            route_params={"sku": sku},
            body=body if isinstance(body, bytes) else json.dumps(body).encode(),
        )
        response = function.get_user_function()(req=request)
        return response.status_code, json.loads(response.get_body()), received(storage)

    return send


def test_a_restock_answers_what_is_free_and_sends_nothing_if_nobody_waits(restock: Restock) -> None:
    assert restock({"quantity": 3}) == (
        200,
        {"sku": "TEA", "available": 8, "notified": []},
        [],
    )


def test_a_restock_sends_proceed_for_the_orders_it_can_serve(restock: Restock) -> None:
    assert shop().inventory.check_and_reserve(parse_order(ORDER)) is False
    status, body, sent = restock({"quantity": 3})
    assert (status, body["notified"]) == (200, ["o-1"])
    assert [parse_notification(text.encode()) for text in sent] == [
        Notification("o-1", "Proceed", {"reason": "restocked", "sku": "TEA"})
    ]


def test_a_repeat_under_its_key_adds_once_and_queues_again(restock: Restock) -> None:
    shop().inventory.check_and_reserve(parse_order(ORDER))
    first = restock({"quantity": 3}, "delivery-17")
    assert first[1:] == ({"sku": "TEA", "available": 8, "notified": ["o-1"]}, first[2])
    assert len(first[2]) == 1
    assert restock({"quantity": 3}, "delivery-17") == first


@pytest.mark.parametrize("key", [None, "delivery-17"])
def test_trouble_after_the_addition_names_the_key_under_which_a_repeat_is_safe(
    restock: Restock, monkeypatch: pytest.MonkeyPatch, key: str | None
) -> None:
    def away(*_: object) -> None:
        raise StorageUnavailable("away")

    shop().inventory.check_and_reserve(parse_order(ORDER))
    with monkeypatch.context() as trouble:
        trouble.setattr("ordering.stock.waiting.Lines.servable", away)
        status, body, sent = restock({"quantity": 3}, key)
    assert (status, sent) == (503, [])
    told = body["error"].rsplit("Idempotency-Key: ", 1)[1]
    assert key in (None, told)
    status, body, sent = restock({"quantity": 3}, told)
    assert (status, body["available"], body["notified"], len(sent)) == (200, 8, ["o-1"], 1)


def test_a_key_with_another_restock_is_a_conflict(restock: Restock) -> None:
    restock({"quantity": 3}, "delivery-17")
    status, body, _ = restock({"quantity": 4}, "delivery-17")
    assert status == 409 and "Idempotency-Key" in body["error"]


@pytest.mark.parametrize("key", ["", "a" * 101, " a", "a\x00b", "\ud800"])
def test_an_illegal_key_is_named_and_nothing_is_added(restock: Restock, key: str) -> None:
    status, body, _ = restock({"quantity": 3}, key)
    assert (status, [field["field"] for field in body["fields"]]) == (400, ["Idempotency-Key"])
    assert restock({"quantity": 1})[1]["available"] == 6


@pytest.mark.parametrize("sku", ["NONE", "", "a'b", "-x", "a" * 65, "\ud800"])
def test_an_unknown_sku_is_not_found(restock: Restock, sku: str) -> None:
    status, body, _ = restock({"quantity": 3}, sku=sku)
    assert status == 404 and body["error"]


@pytest.mark.parametrize("quantity", [0, -1, 1.5, "3", True, None, 10**9 + 1, 10**9])
def test_a_bad_quantity_is_named_and_nothing_is_added(restock: Restock, quantity: Any) -> None:
    status, body, _ = restock({"quantity": quantity})
    assert (status, [field["field"] for field in body["fields"]]) == (400, ["quantity"])
    assert restock({"quantity": 1})[1]["available"] == 6


@pytest.mark.parametrize("body", [b"", b"{", {}, [], {"quantity": 1, "sku": "TEA"}, {"amount": 1}])
def test_a_body_that_is_no_restock_is_refused(restock: Restock, body: Any) -> None:
    status, answer, _ = restock(body)
    assert status == 400 and answer["error"]


def test_the_function_is_bound_as_the_contract_says() -> None:
    bindings = {binding.name: binding.get_dict_repr() for binding in function.get_bindings()}
    assert bindings["req"]["route"] == "inventory/{sku}/restock"
    assert all(name.strip("$").isalnum() for name in bindings)


def test_many_orders_are_told_in_order_at_first_and_all_of_them(restock: Restock) -> None:
    for number in range(80):
        order = {**ORDER, "orderId": f"o-{99 - number}"}
        shop().inventory.check_and_reserve(parse_order(order))
    _, body, sent = restock({"quantity": 7 * 80})
    assert body["notified"] == [f"o-{99 - number}" for number in range(80)]
    told = [parse_notification(text.encode()).instance_id for text in sent]
    assert told[:32] == body["notified"][:32]
    assert sorted(told) == sorted(body["notified"])


def test_a_queue_that_is_away_names_the_key_too(
    restock: Restock, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop().inventory.check_and_reserve(parse_order(ORDER))

    def away(*_: object, **__: object) -> None:
        raise ServiceRequestError("away")

    with monkeypatch.context() as trouble:
        trouble.setattr(QueueClient, "send_message", away)
        status, body, _ = restock({"quantity": 3})
    assert status == 503
    told = body["error"].rsplit("Idempotency-Key: ", 1)[1]
    status, body, sent = restock({"quantity": 3}, told)
    assert (status, body["available"], len(sent)) == (200, 8, 1)
