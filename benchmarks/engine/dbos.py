"""DBOS on SQLite, with the same workflow: `orders in_flight` as arguments."""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from dbos import DBOS, SetWorkflowID

from benchmarks.engine.customers import serve
from benchmarks.engine.figures import Figures, Stopwatch, tell

POLL_SECONDS = 0.005
PERSISTS = "the workflow, every step's result and every message in SQLite"
checked: set[str] = set()


@DBOS.step()
def check(order: dict[str, Any]) -> bool:
    """Come up short at the first time."""
    first = order["orderId"] not in checked
    checked.add(order["orderId"])
    return not first


@DBOS.step()
def pay(order: dict[str, Any]) -> dict[str, Any]:
    """Write an invoice."""
    return {"invoiceId": f"INV-{order['orderId']}", "total": 100}


@DBOS.workflow()
def place_order(order: dict[str, Any]) -> dict[str, Any]:
    """Check, pause, event, check, pay."""
    while not check(order):
        DBOS.recv("Proceed", timeout_seconds=120)
    invoice: dict[str, Any] = pay(order)
    return invoice


def run(orders: int, in_flight: int, state: Path) -> Figures:
    """Take orders from start to end, so many at a time."""
    DBOS(
        config={
            "name": "bench",
            "system_database_url": f"sqlite:///{state}",
            "log_level": "CRITICAL",
        }
    )
    DBOS.launch()
    stopwatch = Stopwatch("DBOS, SQLite on disk", PERSISTS, orders, in_flight)
    latencies = serve(orders, in_flight, _order)
    figures = stopwatch.figures(latencies)
    DBOS.destroy()
    return figures


def _order(order_id: str) -> float:
    with SetWorkflowID(order_id):
        handle = DBOS.start_workflow(place_order, {"orderId": order_id})
    while order_id not in checked:
        time.sleep(POLL_SECONDS)
    sent = time.perf_counter()
    DBOS.send(order_id, None, topic="Proceed")
    assert handle.get_result(polling_interval_sec=POLL_SECONDS)["total"] == 100
    return time.perf_counter() - sent


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        tell(run(int(sys.argv[1]), int(sys.argv[2]), Path(folder) / "dbos.sqlite"))
