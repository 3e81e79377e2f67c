"""Orders that are terminated: no code of theirs runs, and the sweep cleans up after them."""

from collections.abc import Callable

import pytest

from tests.e2e.running_app import PATIENCE, RunningApp, order_for
from tools.audit.books import read_books
from tools.audit.invariants import check
from tools.processes import wait_until

SWEEP = "/admin/functions/SweepOrders"


def sweep(app: RunningApp) -> None:
    """Start the timer function by hand, as an operator does."""
    assert app.call("POST", SWEEP, {"input": ""}).status == 202


def terminate(app: RunningApp, order_id: str, links: dict[str, str]) -> None:
    url = links["terminatePostUri"].replace("{text}", "operator")
    assert app.call("POST", url).status == 202
    assert app.wait_for_end(order_id)["runtimeStatus"] == "Terminated"


def test_a_terminated_order_that_waited_waits_no_more(app: RunningApp) -> None:
    order_id, sku, links = app.pause_order()
    terminate(app, order_id, links)
    assert order_id in read_books(app.storage, app.host.base_url).waiting

    sweep(app)

    assert wait_until(
        lambda: order_id not in read_books(app.storage, app.host.base_url).waiting, PATIENCE
    ), app.tail()
    answer = app.call("POST", f"/api/inventory/{sku}/restock", {"quantity": 1})
    assert answer.json() == {"sku": sku, "available": 1, "notified": []}


def test_an_order_that_an_object_over_the_hosts_own_api_has_failed_is_undone(
    app: RunningApp,
) -> None:
    order_id, sku, links = app.pause_order()
    url = links["sendEventPostUri"].replace("{eventName}", "Proceed")
    an_object = {"__class__": "x", "__module__": "y", "__data__": 1}

    assert app.call("POST", url, an_object).status == 202

    ended = app.wait_for_end(order_id)
    assert (ended["stage"], ended["runtimeStatus"], ended["waitingFor"]) == ("Failed",) * 2 + (
        None,
    )
    assert ended["error"]

    def waits() -> bool:
        items = app.call("GET", "/api/inventory").json()["items"]
        return any(item["sku"] == sku and item["waiting"] for item in items)

    assert waits()
    sweep(app)
    assert wait_until(lambda: not waits(), PATIENCE), app.tail()
    answer = app.call("POST", f"/api/inventory/{sku}/restock", {"quantity": 1})
    assert answer.json() == {"sku": sku, "available": 1, "notified": []}


def test_stock_and_money_of_a_terminated_order_come_back(
    start_changed_app: Callable[[str], RunningApp],
) -> None:
    app = start_changed_app("unpaid")
    sku = app.stock(5)
    body = order_for(sku, quantity=2)
    links = app.place(body)
    app.wait_for(body["orderId"], "ProcessingPayment")

    def charged() -> bool:
        return body["orderId"] in read_books(app.storage, app.host.base_url).payments

    assert wait_until(charged, PATIENCE), app.tail()
    sweep(app)
    app.wait_for_log("Executed", "SweepOrders", "Succeeded")
    assert app.available(sku) == 3, "a live order keeps its stock"
    terminate(app, body["orderId"], links)
    before = check(read_books(app.storage, app.host.base_url))
    assert {violation.invariant for violation in before} == {1, 3}

    sweep(app)

    assert wait_until(lambda: app.available(sku) == 5, PATIENCE), app.tail()
    assert wait_until(lambda: check(read_books(app.storage, app.host.base_url)) == [], PATIENCE), (
        check(read_books(app.storage, app.host.base_url))
    )
    app.wait_for_log(body["orderId"], "2000 refunded, stock released")


def test_the_audit_of_a_person_says_what_is_wrong(
    app: RunningApp, capsys: pytest.CaptureFixture[str]
) -> None:
    from tools.audit.__main__ import tool

    arguments = ["--connection", app.storage, "--base-url", app.host.base_url]
    order_id, _, links = app.pause_order()
    assert tool.run([*arguments]) == 0, capsys.readouterr().out
    terminate(app, order_id, links)
    capsys.readouterr()

    # Nothing else in this app is at rest; but this order is found.
    assert tool.run([*arguments, "--grace", "0"]) == 1

    assert f"order {order_id} is Terminated and still waits for stock" in capsys.readouterr().out
