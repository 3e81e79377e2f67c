"""Events for waiting orders: over the queue and over HTTP; early, doubled, late, misspelt."""

import json
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.e2e.running_app import PATIENCE, RunningApp, order_for, unique
from tools.hosts import ROOT
from tools.processes import wait_until


def polling_interval() -> float:
    """Return host.json's maxPollingInterval in seconds."""
    host = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
    hours, minutes, seconds = host["extensions"]["queues"]["maxPollingInterval"].split(":")
    return timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds)).total_seconds()


def test_a_proceed_message_resumes_an_order_that_can_be_served_now(app: RunningApp) -> None:
    order_id, sku, _ = app.pause_order()
    app.set_stock(sku, 3)
    app.events.send(order_id, "Proceed", {"by": "ann"})
    assert app.wait_for_end(order_id)["stage"] == "Invoiced"
    assert app.available(sku) == 2


def test_a_proceed_message_resumes_within_the_polling_interval_and_a_second(
    start_app: Callable[[], RunningApp], record_property: Callable[[str, object], None]
) -> None:
    app = start_app()
    over_http, _ = seconds_to_resume(
        app, lambda app, links: app.call("POST", proceed_link(links), {})
    )
    # So long that the polling has slowed down wholly.
    time.sleep(3 * polling_interval())
    took, order_id = seconds_to_resume(app, lambda app, links: app.events.send(links["id"]))
    record_property(
        "measured", f"resumed after {took:.2f} s, polling interval {polling_interval()} s"
    )
    # A machine that is busy needs its time for the same over HTTP, where nothing is polled.
    assert took < polling_interval() + 1 + max(2, 3 * over_http), order_id


def seconds_to_resume(
    app: RunningApp, wake: Callable[[RunningApp, dict[str, str]], object]
) -> tuple[float, str]:
    """Have an order wait, give it its stock and wake it; return how long that took, and its id."""
    order_id, sku, links = app.pause_order()
    app.set_stock(sku, 1)
    began = time.monotonic()
    wake(app, links)
    app.wait_for(order_id, "Invoiced")
    return time.monotonic() - began, order_id


def proceed_link(links: dict[str, str]) -> str:
    return links["sendEventPostUri"].replace("{eventName}", "Proceed")


def test_a_proceed_message_while_stock_is_still_short_starts_another_round(
    app: RunningApp,
) -> None:
    order_id, sku, links = app.pause_order()
    app.events.send(order_id)

    def attempt() -> int:
        status = app.call("GET", links["statusQueryGetUri"]).json()["customStatus"]
        return int(status.get("attempt", 0))

    assert wait_until(lambda: attempt() == 2, PATIENCE), app.tail()
    app.wait_for(order_id, "AwaitingProceed")
    app.set_stock(sku, 1)
    app.events.send(order_id)
    assert app.wait_for_end(order_id)["stage"] == "Invoiced"


def test_an_event_posted_to_the_link_of_the_order_resumes_it(app: RunningApp) -> None:
    order_id, sku, links = app.pause_order()
    app.set_stock(sku, 1)
    url = links["sendEventPostUri"].replace("{eventName}", "Proceed")
    assert app.call("POST", url, {"by": "ann"}).status == 202
    assert app.wait_for_end(order_id)["stage"] == "Invoiced"


@pytest.mark.parametrize("name", ["proceed", "PROCEED", "pRoCeEd"])
def test_the_queue_does_not_mind_the_case_of_event_and_property_names(
    app: RunningApp, name: str
) -> None:
    order_id, sku, _ = app.pause_order()
    app.set_stock(sku, 1)
    body = {"INSTANCEID": order_id, "eventname": name}
    app.events.send_body(json.dumps(body).encode())
    assert app.wait_for_end(order_id)["stage"] == "Invoiced"


def test_cancel_ends_a_waiting_order_without_an_invoice(app: RunningApp) -> None:
    order_id, _, _ = app.pause_order()
    app.events.send(order_id, "Cancel", "the customer changed her mind")
    ended = app.wait_for_end(order_id)
    assert (ended["stage"], ended["runtimeStatus"]) == ("Cancelled", "Completed")
    assert ended["invoice"] is None
    assert "cancel" in ended["reason"].casefold() and ended["error"] is None


def test_an_event_before_the_wait_costs_one_more_look_at_the_stock(app: RunningApp) -> None:
    sku = app.stock(0)
    body = order_for(sku)
    links = app.place(body)
    url = links["sendEventPostUri"].replace("{eventName}", "Proceed")
    assert app.call("POST", url, {}).status == 202
    app.wait_for(body["orderId"], "AwaitingProceed")
    app.set_stock(sku, 1)
    app.events.send(body["orderId"])
    assert app.wait_for_end(body["orderId"])["stage"] == "Invoiced"
    assert app.available(sku) == 0


def test_a_doubled_event_yields_one_invoice(app: RunningApp) -> None:
    order_id, sku, _ = app.pause_order()
    app.set_stock(sku, 5)
    app.events.send(order_id)
    app.events.send(order_id)
    assert app.wait_for_end(order_id)["stage"] == "Invoiced"
    assert wait_until(lambda: app.events.messages() == 0, PATIENCE)
    assert app.available(sku) == 4


def test_an_event_for_a_finished_order_is_dropped_with_a_warning(app: RunningApp) -> None:
    body = order_for(app.stock(1))
    app.place(body)
    before = app.wait_for_end(body["orderId"])
    text = app.events.send(body["orderId"], data=unique("late"))
    app.wait_for_log(body["orderId"], "finished")
    assert app.order(body["orderId"]) == before
    assert text not in app.events.poison()
