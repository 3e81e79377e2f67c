"""The table of the contract: what becomes of each event, as its sender sees it.

Further rows of it: tests/e2e/test_events.py, test_bad_messages.py, test_undeliverable_messages.py.
"""

import json
import random

import pytest

from tests.e2e.running_app import PATIENCE, RunningApp, order_for, unique
from tools.processes import wait_until


def test_events_in_any_order_and_number_end_in_one_invoice(app: RunningApp) -> None:
    order_id, sku, links = app.pause_order()
    chance = random.Random(4)
    names = ["Proceed", "proceed", "PROCEED"] * 4
    chance.shuffle(names)
    for name in names[:6]:
        app.events.send_body(json.dumps({"instanceID": order_id, "EventName": name}).encode())
    url = links["sendEventPostUri"].replace("{eventName}", "Proceed")
    assert app.call("POST", url, {"over": "http"}).status == 202
    app.set_stock(sku, 3)
    for name in names[6:]:
        app.events.send_body(json.dumps({"instanceID": order_id, "EventName": name}).encode())
    ended = app.wait_for_end(order_id)
    assert ended["stage"] == "Invoiced"
    assert wait_until(lambda: app.events.messages() <= 2, PATIENCE)
    assert app.available(sku) == 2
    assert app.order(order_id) == ended


def test_an_event_in_the_wrong_case_over_the_link_never_blocks_the_right_one(
    app: RunningApp,
) -> None:
    order_id, sku, links = app.pause_order()
    url = links["sendEventPostUri"].replace("{eventName}", "proceed")
    assert app.call("POST", url, {}).status == 202
    app.set_stock(sku, 1)
    app.events.send(order_id)
    assert app.wait_for_end(order_id)["stage"] == "Invoiced"


@pytest.mark.parametrize("first", ["Proceed", "Cancel"])
def test_cancel_and_proceed_at_once_end_the_order_one_way_or_the_other(
    app: RunningApp, first: str
) -> None:
    order_id, sku, _ = app.pause_order()
    app.set_stock(sku, 1)
    second = {"Proceed": "Cancel", "Cancel": "Proceed"}[first]
    app.events.send(order_id, first)
    app.events.send(order_id, second)
    ended = app.wait_for_end(order_id)
    assert (ended["stage"], app.available(sku)) in (("Invoiced", 0), ("Cancelled", 1))


@pytest.mark.parametrize("name", ["Proceed", "Cancel"])
def test_a_late_event_changes_nothing_of_a_cancelled_order(app: RunningApp, name: str) -> None:
    order_id, sku, _ = app.pause_order()
    app.events.send(order_id, "Cancel")
    ended = app.wait_for_end(order_id)
    assert ended["stage"] == "Cancelled"
    app.set_stock(sku, 5)
    text = app.events.send(order_id, name, unique("late"))
    app.wait_for_log(f"{name} for order {order_id} dropped")
    assert app.order(order_id) == ended
    assert app.available(sku) == 5
    assert text not in app.events.poison()


def test_an_event_for_an_order_that_is_created_a_second_later_reaches_it(app: RunningApp) -> None:
    body = order_for(app.stock(0))
    app.events.send(body["orderId"], "Cancel")
    app.wait_for_log(body["orderId"], "not delivered at try 1")
    app.place(body)
    assert app.wait_for_end(body["orderId"])["stage"] == "Cancelled"


def test_data_of_any_kind_arrives_and_harms_nothing(app: RunningApp) -> None:
    order_id, sku, _ = app.pause_order()
    for data in (None, False, 0, "", "null", [], {}, [[[]]], "\u0000", "\U0001f600", 10**30):
        app.events.send(order_id, "Proceed", data)
    app.set_stock(sku, 1)
    app.events.send(order_id, "Proceed", {"nested": {"deep": [1, 2, {"x": None}]}})
    assert app.wait_for_end(order_id)["stage"] == "Invoiced"
