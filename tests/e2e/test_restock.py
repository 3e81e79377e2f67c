"""Stock comes in, and the orders that wait for it go on by themselves."""

from typing import Any

import pytest

from tests.e2e.running_app import PATIENCE, RunningApp, order_for, unique
from tools.http_client import request
from tools.processes import wait_until


def restock(app: RunningApp, sku: str, quantity: int) -> Any:
    answer = app.call("POST", f"/api/inventory/{sku}/restock", {"quantity": quantity})
    assert answer.status == 200, answer.text
    return answer.json()


def pause(app: RunningApp, sku: str, quantity: int = 1, **others: Any) -> str:
    body = order_for(sku, quantity, **others)
    app.place(body)
    app.wait_for(body["orderId"], "AwaitingProceed")
    return str(body["orderId"])


def test_a_restock_lets_waiting_orders_go_on_oldest_first_as_far_as_it_reaches(
    app: RunningApp,
) -> None:
    sku = app.stock(0)
    orders = [pause(app, sku, 2) for _ in range(4)]

    answer = restock(app, sku, 5)

    assert answer == {"sku": sku, "available": 5, "notified": orders[:2]}
    for order_id in orders[:2]:
        assert app.wait_for_end(order_id)["stage"] == "Invoiced"
    assert app.available(sku) == 1
    for order_id in orders[2:]:
        assert app.order(order_id)["stage"] == "AwaitingProceed"

    assert restock(app, sku, 3)["notified"] == orders[2:]
    for order_id in orders[2:]:
        assert app.wait_for_end(order_id)["stage"] == "Invoiced"
    assert app.available(sku) == 0


def test_an_order_that_needs_another_short_sku_goes_on_waiting(app: RunningApp) -> None:
    sku, other = app.stock(0), app.stock(0)
    lines = [{"sku": sku, "quantity": 1}, {"sku": other, "quantity": 1}]
    both = pause(app, sku, items=lines)
    one = pause(app, sku)
    assert restock(app, sku, 2)["notified"] == [one]
    assert app.wait_for_end(one)["stage"] == "Invoiced"
    assert restock(app, other, 1)["notified"] == [both]
    assert app.wait_for_end(both)["stage"] == "Invoiced"


def test_a_cancelled_order_is_not_told_of_a_restock(app: RunningApp) -> None:
    order_id, sku, _ = app.pause_order()
    app.events.send(order_id, "Cancel")
    app.wait_for_end(order_id)
    assert restock(app, sku, 1) == {"sku": sku, "available": 1, "notified": []}


def test_a_restock_repeated_under_its_key_adds_once(app: RunningApp) -> None:
    order_id, sku, _ = app.pause_order()
    url = f"{app.host.base_url}/api/inventory/{sku}/restock"
    headers = {"Idempotency-Key": unique("delivery")}
    answers = [request("POST", url, {"quantity": 3}, headers=headers) for _ in range(3)]
    assert [answer.json() for answer in answers] == [
        {"sku": sku, "available": 3, "notified": [order_id]}
    ] * 3
    assert app.wait_for_end(order_id)["stage"] == "Invoiced"
    assert app.available(sku) == 2
    assert request("POST", url, {"quantity": 4}, headers=headers).status == 409


@pytest.mark.parametrize("body", [{"quantity": 0}, {"quantity": "3"}, {}, []])
def test_a_bad_restock_is_refused(app: RunningApp, body: Any) -> None:
    sku = app.stock(1)
    assert app.call("POST", f"/api/inventory/{sku}/restock", body).status == 400
    assert app.available(sku) == 1


def test_an_unknown_sku_cannot_be_restocked(app: RunningApp) -> None:
    path = f"/api/inventory/{unique('sku')}/restock"
    assert app.call("POST", path, {"quantity": 1}).status == 404


def test_a_price_that_changes_after_the_reservation_does_not_touch_the_invoice(
    app: RunningApp,
) -> None:
    sku = app.stock(1, unit_price=700)
    body = order_for(sku)
    app.place(body)
    invoice = app.wait_for_end(body["orderId"])["invoice"]
    app.set_stock(sku, 0, unit_price=9900)
    assert app.order(body["orderId"])["invoice"] == invoice
    assert invoice["total"] == 700


def test_orders_are_listed_by_stage_over_pages_and_without_keys(app: RunningApp) -> None:
    sku = app.stock(0)
    waiting = {pause(app, sku) for _ in range(3)}
    found: list[str] = []
    token = ""
    while token is not None:
        query = f"?stage=AwaitingProceed&top=2&continuationToken={token}"
        answer = app.call("GET", "/api/orders" + query)
        assert answer.status == 200, answer.text
        assert "code=" not in answer.text and "runtime/webhooks" not in answer.text
        assert all(order["stage"] == "AwaitingProceed" for order in answer.json()["orders"])
        found += [order["orderId"] for order in answer.json()["orders"]]
        token = answer.json()["continuationToken"]
    assert waiting <= set(found)
    assert len(found) == len(set(found))
    restock(app, sku, 3)
    for order_id in waiting:
        app.wait_for_end(order_id)

    def invoiced() -> set[str]:
        listed = app.call("GET", "/api/orders?stage=Invoiced&top=100").json()["orders"]
        return {order["orderId"] for order in listed}

    assert wait_until(lambda: waiting <= invoiced() or len(invoiced()) == 100, PATIENCE)


def test_a_restock_for_many_waiting_orders_wakes_all_of_them(app: RunningApp) -> None:
    sku = app.stock(0)
    orders = [order_for(sku) for _ in range(60)]
    for body in orders:
        app.place(body)
    for body in orders:
        app.wait_for(body["orderId"], "AwaitingProceed")
    answer = restock(app, sku, 60)
    assert sorted(answer["notified"]) == sorted(body["orderId"] for body in orders)
    for body in orders:
        assert app.wait_for_end(body["orderId"])["stage"] == "Invoiced"
    assert app.available(sku) == 0
