"""The shop of this process, as its app settings describe it. Clients are made once."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any

from ordering import accepted_orders, settings
from ordering.accepted_orders import Claims
from ordering.cleanup import Settlement
from ordering.errors import SettingsError
from ordering.payments import payments
from ordering.payments.gateway import Gateway
from ordering.payments.ledger import Ledger
from ordering.payments.payments import Payments
from ordering.stock import rows
from ordering.stock.catalogue import Catalogue
from ordering.stock.reservations import Inventory
from ordering.stock.restocking import Restocks
from ordering.stock.seen_rows import SeenRows
from ordering.stock.turns import Turns
from ordering.storage.credentials import (
    Account,
    account_at,
    account_from_settings,
)
from ordering.storage.queues import Queue, open_queue
from ordering.storage.tables import Table, connect

EVENT_QUEUE = "event-queue"

_shops: dict[tuple[Account, settings.GatewaySettings], Shop] = {}
_lock = Lock()


@dataclass(frozen=True)
class Shop:
    """Everything the functions need. Safe to share between threads."""

    catalogue: Catalogue
    inventory: Inventory
    restocks: Restocks
    events: Queue
    payments: Payments
    claims: Claims
    settlement: Settlement


def open_shop(account: Account | str, gateway: Gateway | None = None, **hooks: Any) -> Shop:
    """Return a shop on a storage account, or on a connection string; makes no request.

    The ledger takes the money unless another gateway is given; `hooks` are those of `connect`.
    """
    account = account_at(account)
    service = connect(account, **hooks)
    stock = Table(service, rows.TABLE)
    turns, seen = Turns(), SeenRows()
    inventory = Inventory(stock, turns=turns, seen=seen)
    paid = Payments(Table(service, payments.TABLE), inventory, gateway or Ledger())
    return Shop(
        catalogue=Catalogue(stock, seen),
        inventory=inventory,
        restocks=Restocks(stock, turns, seen),
        events=open_queue(account, EVENT_QUEUE),
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
    chosen = (account_from_settings(), settings.payment_gateway())
    with _lock:
        if chosen not in _shops:
            account, gateway = chosen
            _shops[chosen] = open_shop(account, open_gateway(gateway))
        return _shops[chosen]
