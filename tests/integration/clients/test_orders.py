import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ordering.model import parse_order
from ordering.shop import shop

ORDER: dict[str, Any] = {
    "orderId": "o-1",
    "customerId": "ada",
    "items": [{"sku": "TEA", "quantity": 2}],
    "paymentMethod": "pm_card_visa",
}

pytestmark = pytest.mark.usefixtures("tea")


def test_an_order_is_started_under_its_id(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDER_WAIT_SECONDS", "60")
    answer = api.post("orders", ORDER)
    assert (answer.status, answer.body) == (202, {"id": "o-1"})
    name, start = api.client.started["o-1"]
    assert name == "PlaceOrder"
    assert start == {**ORDER, "waitSeconds": 60, "recheckSeconds": 86_400}


def test_an_order_is_logged_with_its_pieces_before_it_starts(
    api: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="clients.orders")
    api.client.crash_at_start = True
    api.post("orders", ORDER)
    assert caplog.messages[0] == "Order o-1 placed: 2 TEA"


def test_an_order_without_an_id_gets_one_of_its_own(api: Any) -> None:
    nameless = {key: value for key, value in ORDER.items() if key != "orderId"}
    ids = {api.post("orders", nameless).body["id"] for _ in range(3)}
    assert len(ids) == 3
    assert all(api.client.started[order_id][1]["orderId"] == order_id for order_id in ids)


def test_the_same_order_again_answers_the_same_and_starts_nothing(api: Any) -> None:
    answers = [api.post("orders", ORDER) for _ in range(3)]
    assert [(answer.status, answer.body) for answer in answers] == [(202, {"id": "o-1"})] * 3
    assert api.client.starts == 1


def test_a_new_order_costs_the_host_its_start_alone_and_storage_one_request(
    api: Any, count_requests: Callable[[], int]
) -> None:
    api.post("orders", {**ORDER, "orderId": "makes-the-table"})
    before = count_requests()
    api.post("orders", ORDER)
    assert (api.client.starts, api.client.asked) == (2, 0)
    assert count_requests() - before == 1


@pytest.mark.parametrize(
    "change",
    [{"customerId": "eve"}, {"items": [{"sku": "TEA", "quantity": 3}]}, {"paymentMethod": "pm"}],
)
def test_another_order_under_the_id_is_a_conflict(api: Any, change: dict[str, Any]) -> None:
    api.post("orders", ORDER)
    answer = api.post("orders", {**ORDER, **change})
    assert answer.status == 409 and "o-1" in answer.body["error"]
    assert api.client.starts == 1


def test_the_same_order_ten_times_at_once_is_one_order(api: Any) -> None:
    async def at_once() -> list[Any]:
        return await asyncio.gather(*(api.call("POST", "orders", ORDER) for _ in range(10)))

    assert [answer.status for answer in asyncio.run(at_once())] == [202] * 10
    assert api.client.starts == 1


def test_different_orders_at_once_under_one_id_are_one_order_and_conflicts(api: Any) -> None:
    async def at_once() -> list[Any]:
        orders = [{**ORDER, "customerId": f"c{number}"} for number in range(10)]
        return await asyncio.gather(*(api.call("POST", "orders", order) for order in orders))

    assert sorted(answer.status for answer in asyncio.run(at_once())) == [202] + [409] * 9
    assert api.client.starts == 1


def test_a_start_that_broke_off_half_way_can_be_repeated(api: Any) -> None:
    api.client.crash_at_start = True
    broken = api.post("orders", ORDER)
    assert broken.status == 503 and "again" in broken.body["error"]
    api.client.crash_at_start = False
    assert api.post("orders", ORDER).status == 202
    assert api.client.starts == 1


def test_an_order_that_broke_off_goes_on_as_it_was_accepted_first(api: Any) -> None:
    mug = {"description": "Mug", "unitPrice": 1, "currency": "EUR", "available": 1}
    api.put("inventory/MUG", mug)
    lines = [{"sku": "TEA", "quantity": 1}, {"sku": "MUG", "quantity": 1}]
    api.client.crash_at_start = True
    api.post("orders", {**ORDER, "items": lines})
    api.client.crash_at_start = False
    assert api.post("orders", {**ORDER, "items": lines[::-1]}).status == 202
    assert api.client.started["o-1"][1]["items"] == lines


def test_a_twin_that_was_faster_is_no_error(api: Any) -> None:
    api.post("orders", ORDER)
    api.client.blind = 1  # the status does not show yet, the start is refused
    assert api.post("orders", ORDER).status == 202
    assert api.client.starts == 1


def test_a_start_goes_on_although_the_catalogue_changed_meanwhile(api: Any) -> None:
    both = {**ORDER, "items": [{"sku": "TEA", "quantity": 1}, {"sku": "MUG", "quantity": 1}]}
    mug = {"description": "Mug", "unitPrice": 1, "currency": "EUR", "available": 1}
    api.put("inventory/MUG", mug)
    assert api.post("orders", both).status == 202
    api.put("inventory/MUG", {**mug, "currency": "USD"})
    assert api.post("orders", both).status == 202
    assert api.post("orders", {**both, "orderId": "o-2"}).fields == ["items"]


def test_an_unknown_sku_is_named_and_does_not_take_the_id(api: Any) -> None:
    lines = [{"sku": "TEA", "quantity": 1}, {"sku": "XX", "quantity": 1}]
    answer = api.post("orders", {**ORDER, "items": lines})
    assert (answer.status, answer.fields) == (400, ["items[1].sku"])
    assert api.client.starts == 0
    assert api.post("orders", ORDER).status == 202


def test_every_bad_field_is_named(api: Any) -> None:
    answer = api.post("orders", {"orderId": "x/terminate?reason=pwn#", "items": [{"sku": "A"}]})
    assert answer.status == 400
    assert sorted(answer.fields) == ["customerId", "items[0].quantity", "orderId", "paymentMethod"]


def test_an_order_can_be_looked_at(api: Any) -> None:
    api.post("orders", ORDER)
    answer = api.get("orders/o-1")
    assert answer.status == 200
    assert (answer.body["orderId"], answer.body["stage"]) == ("o-1", "CheckingInventory")


WAITING = {
    "stage": "AwaitingProceed",
    "attempt": 2,
    "waitingFor": ["Proceed", "Cancel"],
    "until": "2026-11-29T19:45:09Z",
}


def test_a_waiting_order_says_what_it_waits_for_and_what_is_short(api: Any) -> None:
    mug = {"description": "Mug", "unitPrice": 1, "currency": "EUR", "available": 1}
    api.put("inventory/MUG", mug)
    lines = [{"sku": "TEA", "quantity": 9}, {"sku": "MUG", "quantity": 1}]
    api.post("orders", {**ORDER, "items": lines})
    api.client.custom["o-1"] = WAITING
    order = api.get("orders/o-1").body
    assert {name: order[name] for name in WAITING} == WAITING
    assert order["short"] == [{"sku": "TEA", "missing": 4, "needed": 9, "available": 5}]
    # By the stock as it is now.
    api.put("inventory/TEA", {**mug, "available": 9})
    assert api.get("orders/o-1").body["short"] == []


def test_a_poll_of_an_order_that_does_not_wait_costs_no_storage_request(
    api: Any, count_requests: Callable[[], int]
) -> None:
    api.post("orders", ORDER)
    before = count_requests()
    assert api.get("orders/o-1").status == 200
    assert count_requests() == before
    api.client.custom["o-1"] = WAITING
    assert api.get("orders/o-1").body["short"] == []
    assert count_requests() == before + 1, "the SKU"


def test_an_invoiced_order_whose_orchestration_is_gone_is_answered_from_its_payment(
    api: Any,
) -> None:
    api.post("orders", ORDER)
    order = parse_order(ORDER)
    shop().check_and_reserve(order)
    invoice = shop().payments.pay(order)["invoice"]
    api.client.started.clear()
    answer = api.get("orders/o-1")
    nothing = dict.fromkeys(answer.body)
    assert answer.status == 200
    assert answer.body == {**nothing, "orderId": "o-1", "stage": "Invoiced", "invoice": invoice}


@pytest.mark.parametrize("paid", [True, False])
def test_an_id_is_spent_once_its_order_has_ended_and_was_purged(api: Any, paid: bool) -> None:
    api.post("orders", ORDER)
    order = parse_order(ORDER)
    shop().check_and_reserve(order)
    if paid:
        shop().payments.pay(order)
    else:
        shop().release("o-1", "Cancelled")
    api.client.started.clear()
    for body in (ORDER, {**ORDER, "customerId": "eve"}):
        assert api.post("orders", body).status == 409
    assert "spent" in api.post("orders", ORDER).body["error"]
    assert api.client.starts == 1


@pytest.mark.parametrize("held", [True, False])
def test_an_order_that_was_purged_before_it_ended_goes_on(api: Any, held: bool) -> None:
    api.post("orders", ORDER)
    if held:
        assert shop().check_and_reserve(parse_order(ORDER))
    api.client.started.clear()
    assert api.post("orders", ORDER).status == 202
    assert api.client.starts == 2


def test_a_twin_of_an_order_that_was_invoiced_meanwhile_is_answered_the_same(api: Any) -> None:
    api.post("orders", ORDER)
    order = parse_order(ORDER)
    shop().check_and_reserve(order)
    shop().payments.pay(order)
    api.client.blind = 1  # it looked for the orchestration before the other had started it
    answer = api.post("orders", ORDER)
    assert (answer.status, answer.body) == (202, {"id": "o-1"})
    assert api.client.starts == 1


@pytest.mark.parametrize("order_id", ["unknown", "", "x/terminate", "a" * 101, "\ud800"])
def test_an_order_that_is_not_there_is_not_found(api: Any, order_id: str) -> None:
    answer = api.get(f"orders/{order_id}")
    assert answer.status == 404 and answer.body["error"]


def test_a_host_in_trouble_is_503(api: Any) -> None:
    api.client.crash_at_start = True
    assert api.get("orders/o-1").status == 503


def test_storage_that_is_down_is_503(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}/x"
    down = f"AccountName=x;AccountKey=a2V5;TableEndpoint={endpoint}"
    monkeypatch.setenv("AzureWebJobsStorage", down)
    answer = api.post("orders", ORDER)
    assert answer.status == 503 and "again" in answer.body["error"]
    assert api.client.starts == 0


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
bodies = st.one_of(
    st.binary(),
    json_values,
    st.builds(lambda name, value: {**ORDER, name: value}, st.sampled_from([*ORDER]), json_values),
    st.builds(lambda text: {**ORDER, "orderId": "h", "customerId": text}, st.text()),
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=bodies)
def test_nothing_that_is_sent_is_a_fault_of_ours(api: Any, body: Any) -> None:
    answer = api.post("orders", body)
    assert answer.status in (202, 400, 409)
    assert answer.status == 202 or answer.body["error"]
