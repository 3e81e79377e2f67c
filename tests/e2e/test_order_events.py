"""Events for orders through the app's own route."""

from typing import Any

import pytest

from tests.e2e.running_app import RunningApp, unique


def post(app: RunningApp, order_id: str, name: str, body: Any = None) -> Any:
    return app.call("POST", f"/api/orders/{order_id}/events/{name}", body)


def test_a_waiting_order_is_resumed_and_then_takes_no_more_events(app: RunningApp) -> None:
    order_id, sku, _ = app.pause_order()
    app.set_stock(sku, 1)
    answer = post(app, order_id, "proceed", {"by": "ann"})
    assert (answer.status, answer.json()) == (202, {"orderId": order_id, "event": "Proceed"})
    assert app.wait_for_end(order_id)["stage"] == "Invoiced"
    assert post(app, order_id, "Proceed").status == 409


def test_a_cancelled_order_is_found_among_the_cancelled_ones_with_its_reason(
    app: RunningApp,
) -> None:
    order_id, sku, _ = app.pause_order()
    waiting = app.order(order_id)
    assert waiting["waitingFor"] == ["Proceed", "Cancel"] and waiting["until"]
    assert waiting["short"] == [{"sku": sku, "missing": 1, "needed": 1, "available": 0}]
    assert post(app, order_id, "Cancel").status == 202
    ended = app.wait_for_end(order_id)
    steps = app.call("GET", f"/api/orders/{order_id}/history").json()
    assert [step["type"] for step in steps] == [
        "placed", "check", "wait", "event", "release", "refund", "end",
    ]  # fmt: skip
    assert (steps[1]["outcome"], steps[2]["endedBy"]) == ("short", "Cancel")
    assert (steps[-1]["stage"], steps[-1]["reason"]) == ("Cancelled", ended["reason"])
    listed = app.call("GET", "/api/orders?stage=Cancelled&top=5").json()["orders"]
    assert ended in listed
    assert (ended["stage"], ended["waitingFor"], ended["short"]) == ("Cancelled", None, None)
    assert "cancelled" in ended["reason"]


@pytest.mark.parametrize("name", ["Proceed", "Cancel"])
def test_an_unknown_order_is_not_found(app: RunningApp, name: str) -> None:
    assert post(app, unique("nobody"), name).status == 404


def test_bad_events_are_refused_and_wake_nobody(app: RunningApp) -> None:
    order_id, _, _ = app.pause_order()
    an_object = {"__class__": "x", "__module__": "y", "__data__": 1}
    assert post(app, order_id, "Proceed", {"deep": [an_object]}).status == 400
    assert post(app, order_id, "Proceed", b"not json").status == 400
    assert post(app, order_id, "Go").status == 400
    assert app.order(order_id)["attempt"] == 1


def test_an_object_in_a_message_wakes_its_order_and_does_no_harm(app: RunningApp) -> None:
    order_id, sku, _ = app.pause_order()
    app.set_stock(sku, 1)
    app.events.send(order_id, "Proceed", {"__class__": "x", "__module__": "y", "__data__": 1})
    assert app.wait_for_end(order_id)["stage"] == "Invoiced"
