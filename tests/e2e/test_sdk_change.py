"""The app moves to the other azure-functions-durable while orders wait: none of them hangs."""

from collections.abc import Callable

import pytest

from durable_sdk import IS_2
from tests.e2e.faults.test_sweep import sweep
from tests.e2e.running_app import PATIENCE, RunningApp, order_for
from tools.hosts import ROOT
from tools.processes import wait_until

# What `make setup` and `make setup SDK=2` make.
OTHER = ROOT / (".venv" if IS_2 else ".venv-sdk2") / "bin" / "python"
ERRORS = ("Non-Deterministic workflow detected", "A previous execution called")


@pytest.mark.skipif(not OTHER.exists(), reason=f"there is no {OTHER.relative_to(ROOT)}")
def test_an_order_in_flight_fails_clearly_and_can_be_placed_again(
    start_app: Callable[[], RunningApp],
) -> None:
    app = start_app()
    if app.host.choice.name != "emulator":
        pytest.skip("Core Tools take the Python of PATH")
    woken, sku, _ = app.pause_order()
    cancelled, _, _ = app.pause_order()
    body = order_for(app.stock(5))
    app.place(body)
    assert app.wait_for_end(body["orderId"])["stage"] == "Invoiced"
    app.host.stop()
    app.host.python = str(OTHER)
    app.host.start()

    # What has ended and what waits can be looked at, and new orders are taken.
    assert app.order(body["orderId"])["invoice"]["total"] > 0
    assert app.order(woken)["stage"] == "AwaitingProceed"
    fresh = order_for(app.stock(1))
    app.place(fresh)
    assert app.wait_for_end(fresh["orderId"])["stage"] == "Invoiced"

    # What waits ends with the first thing that wakes it, and says why.
    app.set_stock(sku, 1)
    app.events.send(woken)
    app.events.send(cancelled, "Cancel")
    for order_id in (woken, cancelled):
        ended = app.wait_for_end(order_id)
        assert ended["runtimeStatus"] == "Failed"
        assert any(error in ended["error"] for error in ERRORS), ended["error"]
    # A check that was still under way may take the piece for it: the sweep gives it back.
    assert wait_until(lambda: _swept(app, sku) == 1, PATIENCE), app.tail()
    again = order_for(sku)
    app.place(again)
    assert app.wait_for_end(again["orderId"])["stage"] == "Invoiced"


def _swept(app: RunningApp, sku: str) -> int:
    sweep(app)
    return app.available(sku)
