"""Many orders for the same few pieces, and many requests for the same order, at once."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ordering.model import parse_order
from ordering.shop import open_shop
from tests.e2e.running_app import PATIENCE, RunningApp, order_for, unique
from tools.audit.books import Books, read_books
from tools.audit.invariants import check
from tools.audit.record import Record
from tools.http_client import request
from tools.processes import wait_until

ORDERS = 200
PIECES = 50


def read(app: RunningApp) -> Books:
    return read_books(app.storage, app.host.base_url)


def test_two_hundred_orders_for_fifty_pieces(
    start_app: Callable[[], RunningApp], record_property: Callable[[str, str], None]
) -> None:
    app = start_app()
    sku = app.stock(PIECES)
    bodies = [order_for(sku) for _ in range(ORDERS)]
    start = time.monotonic()
    with ThreadPoolExecutor(50) as pool:
        list(pool.map(app.place, bodies))

    def stages() -> Counter[str]:
        return Counter(order.stage for order in read(app).orders.values())

    wanted = Counter({"Invoiced": PIECES, "AwaitingProceed": ORDERS - PIECES})
    assert wait_until(lambda: stages() == wanted, PATIENCE, 0.5), f"{stages()}\n{app.tail()}"
    rush = time.monotonic() - start
    assert app.available(sku) == 0
    assert len(read(app).waiting) == ORDERS - PIECES

    start = time.monotonic()
    answer = app.call("POST", f"/api/inventory/{sku}/restock", {"quantity": ORDERS - PIECES})

    assert len(answer.json()["notified"]) == ORDERS - PIECES
    assert wait_until(lambda: stages() == Counter({"Invoiced": ORDERS}), PATIENCE, 0.5), stages()
    woken = time.monotonic() - start
    text = f"{ORDERS} orders settled in {rush:.1f} s, {ORDERS - PIECES} woken in {woken:.1f} s"
    record_property("measured", text)
    assert app.available(sku) == 0
    assert wait_until(lambda: app.events.messages() == 0, PATIENCE)
    accepted = {body["orderId"] for body in bodies}
    assert check(read(app), Record(accepted=accepted, stocked={sku: ORDERS})) == []


def at_once(app: RunningApp, bodies: list[dict[str, Any]]) -> list[int]:
    """Send requests at the same instant; return the statuses of their answers."""
    together = threading.Barrier(len(bodies))

    def post(body: dict[str, Any]) -> int:
        together.wait()
        return request("POST", f"{app.host.base_url}/api/orders", body).status

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(post, bodies))


def test_twins_at_the_same_instant_are_one_order(app: RunningApp) -> None:
    sku = app.stock(100)
    for _ in range(5):
        body = order_for(sku, quantity=2)
        assert at_once(app, [body] * 24) == [202] * 24
        assert app.wait_for_end(body["orderId"])["stage"] == "Invoiced"
    assert app.available(sku) == 90


def test_different_orders_under_one_id_at_the_same_instant_are_one_order_and_conflicts(
    app: RunningApp,
) -> None:
    sku = app.stock(100)
    order_id = unique("order")
    bodies = [order_for(sku, orderId=order_id, customerId=f"c-{n % 4}") for n in range(24)]
    statuses = at_once(app, bodies)
    assert Counter(statuses) == {202: 6, 409: 18}
    [winner] = {
        body["customerId"] for body, status in zip(bodies, statuses, strict=True) if status == 202
    }
    invoice = app.wait_for_end(order_id)["invoice"]
    assert invoice["customerId"] == winner
    assert app.available(sku) == 99


def test_a_start_that_broke_off_half_way_goes_on_when_it_is_repeated(app: RunningApp) -> None:
    body = order_for(app.stock(1))
    # As if the host had died between the two: accepted, and no orchestration.
    open_shop(app.storage).accepted.accept(parse_order(body))
    assert app.call("GET", f"/api/orders/{body['orderId']}").status == 404
    assert app.call("POST", "/api/orders", {**body, "customerId": "eve"}).status == 409
    app.place(body)
    assert app.wait_for_end(body["orderId"])["stage"] == "Invoiced"
