"""The host dies with kill -9 and comes back: nothing is lost, nothing done twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

from tests.e2e.running_app import PATIENCE, RunningApp, order_for
from tools.http_client import request
from tools.processes import wait_until


def test_orders_survive_a_kill_of_the_host(start_app: Callable[[], RunningApp]) -> None:
    app = start_app()
    paused_id, paused_sku, links = app.pause_order()
    sku = app.stock(100)
    bodies = [order_for(sku) for _ in range(40)]

    killed = Event()

    def post(body: dict[str, Any]) -> int:
        if body is bodies[-1]:  # However quick the host is, one is too late.
            killed.wait(PATIENCE)
        return request("POST", f"{app.host.base_url}/api/orders", body).status

    with ThreadPoolExecutor(8) as pool:
        posted = [pool.submit(post, body) for body in bodies]
        assert wait_until(lambda: sum(one.done() for one in posted) >= 12, PATIENCE)
        app.host.kill()
        killed.set()
        statuses = [one.result() for one in posted]
    assert statuses.count(202) >= 12
    assert statuses.count(0) > 0, "some requests met no host"
    # Sent while no host runs: it must be there for the next one.
    app.events.send(paused_id)
    app.host.start()

    # What was accepted goes on by itself; what was not is sent again, as clients do.
    for body, status in zip(bodies, statuses, strict=True):
        if status != 202:
            app.place(body)
    for body in bodies:
        assert app.wait_for_end(body["orderId"])["stage"] == "Invoiced"
    assert app.available(sku) == 60

    def attempt() -> int:
        return int(app.call("GET", links["statusQueryGetUri"]).json()["customStatus"]["attempt"])

    assert wait_until(lambda: attempt() == 2, PATIENCE), app.tail()
    app.wait_for(paused_id, "AwaitingProceed")
    app.set_stock(paused_sku, 1)
    app.events.send(paused_id)
    assert app.wait_for_end(paused_id)["stage"] == "Invoiced"
    assert app.available(paused_sku) == 0


def test_a_host_that_is_stopped_leaves_its_orders_for_the_next(
    start_app: Callable[[], RunningApp],
) -> None:
    app = start_app()
    order_id, sku, _ = app.pause_order()
    app.host.stop()
    app.host.start()
    app.set_stock(sku, 1)
    app.events.send(order_id)
    assert app.wait_for_end(order_id)["stage"] == "Invoiced"
