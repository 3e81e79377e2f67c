"""Every route against whatever may come, on real storage: an answer of our own, never a fault."""

import asyncio
import inspect
import json
from typing import Any

import azure.functions as func
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clients import events, inventory, order_events, order_history, orders, restock
from clients.order_list import parse_filter
from clients.replies import Refused
from tests.hostile import EVENT, ITEM, NASTY_TEXTS, ORDER, STEADY, broken, json_values, raw, texts

pytestmark = pytest.mark.usefixtures("tea")

ROUTES: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "StartOrder": (orders.start_order, broken(ORDER)),
    "GetOrder": (orders.get_order, json_values),
    "GetOrderHistory": (order_history.get_order_history, json_values),
    "RaiseOrderEvent": (order_events.raise_order_event, json_values),
    "GetInventory": (inventory.get_inventory, json_values),
    "SetInventory": (inventory.set_inventory, broken(ITEM)),
    "RestockInventory": (restock.restock_inventory, broken({"quantity": 1})),
}
ids = texts | st.sampled_from(["o-1", "TEA"])


class Sent(func.Out[Any]):
    """What a function sent to a queue."""

    def __init__(self) -> None:
        self.value: Any = None

    def set(self, val: Any) -> None:
        self.value = val

    def get(self) -> Any:
        return self.value


def body_of(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return json.dumps(value).encode()


@pytest.mark.parametrize("name", ROUTES)
def test_a_route_answers_whatever_is_sent(api: Any, name: str) -> None:
    builder, bodies = ROUTES[name]
    function = builder.build().get_user_function()
    function = getattr(function, "client_function", function)
    wanted = inspect.signature(function).parameters

    @settings(STEADY, max_examples=120)
    @given(bodies | raw, ids, st.dictionaries(texts, texts, max_size=2), texts | st.none())
    def run(body: Any, key: str, params: dict[str, str], header: str | None) -> None:
        request = func.HttpRequest(
            method="POST",
            url="http://localhost:7071/api/x",
            params=params,
            headers={} if header is None else {"Idempotency-Key": header},
            route_params={"orderId": key, "sku": key, "eventName": header or "Proceed"},
            body=body_of(body),
        )
        given = {"req": request, "client": api.client, "proceed": Sent()}
        response = function(**{each: given[each] for each in wanted})
        if inspect.isawaitable(response):
            response = asyncio.run(response)
        assert response.status_code < 500
        assert len(response.get_body()) < 64 * 1024
        answer = json.loads(response.get_body())
        assert response.status_code < 300 or answer["error"]

    run()


TOO_MUCH = [
    {f"field{number}": 1 for number in range(4_000)},
    {"\U0001f600" * 500 + str(number): 1 for number in range(28)},
    {"items": [{"sku": "TEA", "quantity": 1, f"x{number}": 1} for number in range(1_500)]},
    {"items": [{} for _ in range(15_000)]},
    {"orderId": "x" * 60_000},
]


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("body", TOO_MUCH, ids=range(len(TOO_MUCH)))
def test_a_bad_body_is_answered_with_50_fields_and_64_kilobytes_at_most(
    api: Any, name: str, body: Any
) -> None:
    builder, _ = ROUTES[name]
    function = builder.build().get_user_function()
    function = getattr(function, "client_function", function)
    text = json.dumps(body, ensure_ascii=False).encode()
    assert len(text) < 64 * 1024
    keys = {"orderId": "o-1", "sku": "TEA", "eventName": "Proceed"}
    request = func.HttpRequest(method="POST", url="http://x", route_params=keys, body=text)
    given = {"req": request, "client": api.client}
    response = function(
        **{each: given[each] for each in given if each in inspect.signature(function).parameters}
    )
    if inspect.isawaitable(response):
        response = asyncio.run(response)
    assert response.status_code < 500
    assert len(response.get_body()) < 64 * 1024
    assert len(json.loads(response.get_body()).get("fields", [])) <= 50


def test_the_books_survive_all_of_it(api: Any) -> None:
    bodies = broken(ORDER)

    @settings(STEADY, max_examples=100)
    @given(bodies)
    def run(body: Any) -> None:
        api.post("orders", body_of(body))

    run()
    for order_id, (name, start) in api.client.started.items():
        assert name == "PlaceOrder"
        assert start["orderId"] == order_id
    assert api.get("inventory/TEA").body["available"] == 5


@settings(STEADY, max_examples=300)
@given(params=st.dictionaries(texts | st.sampled_from(["stage", "top"]), texts, max_size=3))
def test_any_filter_of_a_list_is_understood_or_refused(params: dict[str, str]) -> None:
    for query, headers in ((params, {}), ({}, {"x-ms-continuation-token": str(params)})):
        try:
            parse_filter(query, headers)
        except Refused as refused:
            assert refused.status == 400 and refused.fields


class Deaf:
    """A durable client that remembers what it was asked to raise."""

    def __init__(self) -> None:
        self.raised: list[tuple[str, str, Any]] = []

    async def raise_event(self, instance_id: str, event_name: str, event_data: Any) -> None:
        self.raised.append((instance_id, event_name, event_data))

    async def raise_orchestration_event(
        self, instance_id: str, event_name: str, *, data: Any
    ) -> None:  # as client 2.x calls it
        await self.raise_event(instance_id, event_name, data)


MESSAGES = raw | (broken(EVENT) | json_values).map(body_of)


@settings(STEADY, max_examples=600)
@given(body=MESSAGES)
def test_a_message_reaches_one_order_or_the_poison_queue_as_it_came(body: bytes) -> None:
    client, poison = Deaf(), Sent()
    run = events.notify_event.build().get_user_function().client_function
    message = func.QueueMessage(id="m-1", body=body)
    asyncio.run(run(msg=message, poison=poison, client=client))
    if client.raised:
        [(instance_id, name, _)] = client.raised
        assert poison.value is None
        assert instance_id.isascii() and not set(instance_id) & set("/?#%\\ \n")
        assert name in ("Proceed", "Cancel")
    else:
        assert poison.value == body


@pytest.mark.parametrize("text", NASTY_TEXTS)
def test_a_nasty_id_reaches_no_order(text: str) -> None:
    client, poison = Deaf(), Sent()
    run = events.notify_event.build().get_user_function().client_function
    body = json.dumps({**EVENT, "instanceID": text}).encode()
    asyncio.run(run(msg=func.QueueMessage(body=body), poison=poison, client=client))
    plain = text in ("null", "true", "NaN")
    assert bool(client.raised) == plain
    assert (poison.value == body) != plain
