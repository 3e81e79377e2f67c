"""The rows of the README's table "What happens when", one test of the same name for each."""

from collections.abc import Callable
from typing import Any

from tests.e2e.running_app import PATIENCE, RunningApp, order_for, unique
from tools.event_queue import notification
from tools.http_client import request
from tools.processes import wait_until


def test_in_stock(app: RunningApp) -> None:
    sku = app.stock(1)
    body = order_for(sku)
    assert app.place(body)["id"] == body["orderId"]
    assert app.wait_for_end(body["orderId"])["stage"] == "Invoiced"
    assert app.available(sku) == 0


def test_short(app: RunningApp) -> None:
    sku = app.stock(1)
    body = order_for(sku, 2)
    app.place(body)
    assert app.wait_for(body["orderId"], "AwaitingProceed")["invoice"] is None
    assert app.available(sku) == 1


def restock(app: RunningApp, sku: str, quantity: int, key: str) -> Any:
    url = f"{app.host.base_url}/api/inventory/{sku}/restock"
    return request("POST", url, {"quantity": quantity}, headers={"Idempotency-Key": key}).json()


def test_restocked(app: RunningApp) -> None:
    first, sku, _ = app.pause_order()
    others = [order_for(sku) for _ in range(2)]
    for body in others:
        app.place(body)
        app.wait_for(body["orderId"], "AwaitingProceed")
    second, third = (body["orderId"] for body in others)
    assert restock(app, sku, 2, unique("key"))["notified"] == [first, second]
    assert app.wait_for_end(first)["stage"] == "Invoiced"
    assert app.wait_for_end(second)["stage"] == "Invoiced"
    assert app.order(third)["stage"] == "AwaitingProceed"


def test_restocked_twice_by_mistake(app: RunningApp) -> None:
    order_id, sku, _ = app.pause_order()
    key = unique("key")
    first = restock(app, sku, 5, key)
    assert first == {"sku": sku, "available": 5, "notified": [order_id]}
    app.wait_for_end(order_id)
    assert restock(app, sku, 5, key) == first
    assert app.available(sku) == 4


def test_set_by_hand_then_proceed(app: RunningApp) -> None:
    order_id, sku, _ = app.pause_order()
    app.set_stock(sku, 1)
    app.events.send(order_id)
    assert app.wait_for_end(order_id)["stage"] == "Invoiced"


def attempt(app: RunningApp, links: dict[str, str]) -> int:
    status = app.call("GET", links["statusQueryGetUri"]).json()["customStatus"] or {}
    return int(status["attempt"]) if status.get("stage") == "AwaitingProceed" else 0


def test_proceed_still_short(app: RunningApp) -> None:
    order_id, _, links = app.pause_order()
    app.events.send(order_id)
    assert wait_until(lambda: attempt(app, links) == 2, PATIENCE), app.tail()


def test_no_event_ever_comes(app: RunningApp) -> None:
    # The starter writes these from ORDER_WAIT_SECONDS and ORDER_RECHECK_SECONDS.
    patience = {"waitSeconds": 5, "recheckSeconds": 1}
    short = app.stock(0)
    body = {**order_for(short), **patience}
    start = "/runtime/webhooks/durabletask/orchestrators/PlaceOrder/"
    assert app.call("POST", start + body["orderId"], body).status == 202
    ended = app.wait_for_end(body["orderId"])
    assert (ended["stage"], ended["invoice"]) == ("Expired", None)
    # What it did meanwhile is there to be seen afterwards, however late somebody looks.
    steps = app.call("GET", f"/api/orders/{body['orderId']}/history").json()
    assert [step["type"] for step in steps].count("check") >= 2, steps


def test_changed_her_mind(app: RunningApp) -> None:
    order_id, _, _ = app.pause_order()
    app.events.send(order_id, "Cancel")
    ended = app.wait_for_end(order_id)
    assert (ended["stage"], ended["invoice"]) == ("Cancelled", None)


def test_somebody_ahead_gives_up(app: RunningApp) -> None:
    first, sku, _ = app.pause_order()
    second = order_for(sku)
    app.place(second)
    app.wait_for(second["orderId"], "AwaitingProceed")
    app.set_stock(sku, 1)
    app.events.send(first, "Cancel")
    assert app.wait_for_end(first)["stage"] == "Cancelled"
    assert app.wait_for_end(second["orderId"])["stage"] == "Invoiced"
    assert app.available(sku) == 0


def test_card_declined(app: RunningApp) -> None:
    sku = app.stock(1)
    body = order_for(sku, paymentMethod="pm_card_visa_chargeDeclined")
    app.place(body)
    ended = app.wait_for_end(body["orderId"])
    assert (ended["stage"], ended["invoice"]) == ("PaymentDeclined", None)
    assert app.available(sku) == 1


def test_price_changed_later(app: RunningApp) -> None:
    sku = app.stock(1, unit_price=700)
    body = order_for(sku)
    app.place(body)
    app.wait_for_end(body["orderId"])
    app.set_stock(sku, 5, unit_price=9900)
    assert app.order(body["orderId"])["invoice"]["total"] == 700
    assert app.order(body["orderId"])["invoice"]["lines"][0]["unitPrice"] == 700


def test_two_currencies_in_one_order(app: RunningApp) -> None:
    euros, dollars = app.stock(1), unique("sku")
    product = {"description": "Mug", "unitPrice": 1, "currency": "USD", "available": 1}
    app.call("PUT", f"/api/inventory/{dollars}", product)
    lines = [{"sku": sku, "quantity": 1} for sku in (euros, dollars)]
    answer = app.call("POST", "/api/orders", order_for(euros, items=lines))
    assert answer.status == 400 and "one currency, not in EUR, USD" in answer.json()["error"]


def test_the_same_order_again(app: RunningApp) -> None:
    sku = app.stock(5)
    body = order_for(sku)
    links = app.place(body)
    app.wait_for_end(body["orderId"])
    assert app.place(body) == links
    assert app.available(sku) == 4


def test_another_order_under_its_id(app: RunningApp) -> None:
    sku = app.stock(5)
    body = order_for(sku)
    app.place(body)
    assert app.call("POST", "/api/orders", {**body, "customerId": "eve"}).status == 409


def test_a_wrong_field_an_unknown_sku(app: RunningApp) -> None:
    wrong = app.call("POST", "/api/orders", {**order_for("x", 0), "customerId": 5})
    assert wrong.status == 400
    named = sorted(field["field"] for field in wrong.json()["fields"])
    assert named == ["customerId", "items[0].quantity"]
    unknown = app.call("POST", "/api/orders", order_for(unique("sku")))
    assert [field["field"] for field in unknown.json()["fields"]] == ["items[0].sku"]


def test_which_orders_wait(app: RunningApp) -> None:
    waiting = {app.pause_order()[0] for _ in range(2)}
    page = app.call("GET", "/api/orders?stage=AwaitingProceed&top=1").json()
    assert len(page["orders"]) == 1
    found = {page["orders"][0]["orderId"]}
    while token := page["continuationToken"]:
        path = f"/api/orders?stage=AwaitingProceed&top=50&continuationToken={token}"
        page = app.call("GET", path).json()
        found |= {order["orderId"] for order in page["orders"]}
    assert waiting <= found


def test_event_twice_early_or_in_the_wrong_case(app: RunningApp) -> None:
    sku = app.stock(0)
    body = order_for(sku)
    links = app.place(body)
    app.call("POST", links["sendEventPostUri"].replace("{eventName}", "Proceed"), {})
    app.wait_for(body["orderId"], "AwaitingProceed")
    app.set_stock(sku, 5)
    text = notification(body["orderId"], "Proceed").replace("Proceed", "pROCEED")
    for _ in range(2):
        app.events.send_body(text.encode())
    assert app.wait_for_end(body["orderId"])["stage"] == "Invoiced"
    assert app.available(sku) == 4


def test_event_for_a_finished_order(app: RunningApp) -> None:
    body = order_for(app.stock(1))
    app.place(body)
    before = app.wait_for_end(body["orderId"])
    app.events.send(body["orderId"])
    app.wait_for_log(body["orderId"], "dropped")
    assert app.order(body["orderId"]) == before


def test_event_for_an_unknown_order(app: RunningApp, undeliverable: dict[str, str]) -> None:
    app.wait_for_poison(undeliverable["unknown order"])


def test_not_json_illegal_id_unknown_event(app: RunningApp) -> None:
    illegal = '{"instanceID": "x/terminate", "EventName": "Proceed"}'
    unknown = f'{{"instanceID": "{unique("order")}", "EventName": "Go"}}'
    for body in (unique("not JSON"), illegal, unknown):
        app.events.send_body(body.encode())
        app.wait_for_poison(body)
    app.wait_for_log("event-queue-poison", "EventName must be one of")


def test_the_host_is_killed_at_any_moment(start_app: Callable[[], RunningApp]) -> None:
    app = start_app()
    sku = app.stock(20)
    bodies = [order_for(sku) for _ in range(20)]
    for body in bodies:
        app.place(body)
    app.host.kill()
    app.host.start()
    for body in bodies:
        assert app.wait_for_end(body["orderId"])["stage"] == "Invoiced"
    assert app.available(sku) == 0
