"""durabletask's in-memory backend, with the same workflow: `orders in_flight` as arguments."""

from __future__ import annotations

import logging
import socket
import sys
import time
from collections.abc import Generator
from typing import Any

from durabletask import client, task, worker
from durabletask.testing import create_test_backend

from benchmarks.engine.customers import serve
from benchmarks.engine.figures import Figures, Stopwatch, tell

POLL_SECONDS = 0.005
PERSISTS = "nothing: all is gone when the process ends"
checked: set[str] = set()


def check(context: task.ActivityContext, order: dict[str, Any]) -> bool:
    """Come up short at the first time."""
    first = order["orderId"] not in checked
    checked.add(order["orderId"])
    return not first


def pay(context: task.ActivityContext, order: dict[str, Any]) -> dict[str, Any]:
    """Write an invoice."""
    return {"invoiceId": f"INV-{order['orderId']}", "total": 100}


def place_order(
    context: task.OrchestrationContext, order: dict[str, Any]
) -> Generator[Any, Any, Any]:
    """Check, pause, event, check, pay."""
    while not (yield context.call_activity(check, input=order)):
        yield context.wait_for_external_event("Proceed")
    invoice = yield context.call_activity(pay, input=order)
    return invoice


def run(orders: int, in_flight: int) -> Figures:
    """Take orders from start to end, so many at a time."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    backend = create_test_backend(port=port)
    address = f"127.0.0.1:{port}"
    with worker.TaskHubGrpcWorker(host_address=address) as hub_worker:
        hub_worker.add_orchestrator(place_order)
        hub_worker.add_activity(check)
        hub_worker.add_activity(pay)
        hub_worker.start()
        hub = client.TaskHubGrpcClient(host_address=address)
        stopwatch = Stopwatch("durabletask, in memory", PERSISTS, orders, in_flight)
        latencies = serve(orders, in_flight, lambda order_id: _order(hub, order_id))
        figures = stopwatch.figures(latencies)
    backend.stop()
    return figures


def _order(hub: client.TaskHubGrpcClient, order_id: str) -> float:
    hub.schedule_new_orchestration(place_order, instance_id=order_id, input={"orderId": order_id})
    while order_id not in checked:
        time.sleep(POLL_SECONDS)
    sent = time.perf_counter()
    hub.raise_orchestration_event(order_id, "Proceed")
    state = hub.wait_for_orchestration_completion(order_id, timeout=120)
    assert state is not None and state.runtime_status.name == "COMPLETED", state
    return time.perf_counter() - sent


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    tell(run(int(sys.argv[1]), int(sys.argv[2])))
