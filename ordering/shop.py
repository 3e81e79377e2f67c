"""The shop of this process, as its app settings describe it. Clients are made once."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any

from ordering import accepted_orders, settings
from ordering.accepted_orders import Claims
from ordering.cleanup import Settlement
from ordering.errors import SettingsError
from ordering.payments.gateway import Gateway
from ordering.payments.ledger import Ledger
from ordering.payments.payments import Payments
from ordering.payments.rows import TABLE as PAYMENTS
from ordering.payments.rows import PaymentRows
from ordering.stock import rows
from ordering.stock.catalogue import Catalogue
from ordering.stock.reservations import Inventory
from ordering.stock.restocking import Restocks
from ordering.stock.seen_rows import SeenRows
from ordering.stock.turns import Turns
from ordering.storage.queues import EventQueue
from ordering.storage.tables import Table, connect

_shops: dict[tuple[str, settings.GatewaySettings], Shop] = {}
_lock = Lock()


@dataclass(frozen=True)
class Shop:
    """Everything the functions need. Safe to share between threads."""

    catalogue: Catalogue
    inventory: Inventory
    restocks: Restocks
    events: EventQueue
    payments: Payments
    claims: Claims
    settlement: Settlement


def open_shop(connection_string: str, gateway: Gateway | None = None, **options: Any) -> Shop:
    """Return a shop on a storage account; makes no request.

    The ledger takes the money unless another gateway is given; `options` go to the table client.
    """
    service = connect(connection_string, **options)
    stock = Table(service, rows.TABLE)
    turns, seen = Turns(), SeenRows()
    inventory = Inventory(stock, turns=turns, seen=seen)
    rows_of_payments = PaymentRows(Table(service, PAYMENTS))
    paid = Payments(rows_of_payments, inventory.take_reservation, gateway or Ledger())
    return Shop(
        catalogue=Catalogue(stock, seen),
        inventory=inventory,
        restocks=Restocks(stock, turns, seen),
        events=EventQueue(connection_string),
        payments=paid,
        claims=Claims(Table(service, accepted_orders.TABLE)),
        settlement=Settlement(stock, inventory, paid),
    )


def open_gateway(chosen: settings.GatewaySettings) -> Gateway:
    """Return the gateway that the settings choose; raises SettingsError."""
    if chosen.name == "ledger":
        return Ledger()
    try:
        # Only here, so that the ledger needs no package.
        from ordering.payments.stripe_gateway import StripeGateway
    except ImportError as error:
        raise SettingsError(
            "PAYMENT_GATEWAY=stripe needs the package stripe: pip install -r "
            "requirements-stripe.txt (on Azure, add its line to requirements.txt)."
        ) from error
    return StripeGateway(chosen.api_key, chosen.api_base)


def shop() -> Shop:
    """Return this process's shop; raises SettingsError."""
    chosen = (settings.storage_connection_string(), settings.payment_gateway())
    with _lock:
        if chosen not in _shops:
            connection_string, gateway = chosen
            _shops[chosen] = open_shop(connection_string, open_gateway(gateway))
        return _shops[chosen]
