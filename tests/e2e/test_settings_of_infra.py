"""The app starts and works with the app settings that infra gives it."""

from collections.abc import Callable

from tests.e2e.running_app import RunningApp, order_for
from tests.unit.infra.test_app_settings import EMPTY


def test_an_order_gets_its_invoice(start_app: Callable[..., RunningApp]) -> None:
    # But for storage: the emulator needs a connection string, and infra gives an identity.
    app = start_app(**{**EMPTY, "PAYMENT_GATEWAY": "ledger"})
    order = order_for(app.stock(1))
    app.place(order)
    assert app.wait_for_end(order["orderId"])["stage"] == "Invoiced"
