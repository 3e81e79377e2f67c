"""The shop of this process, as its app settings describe it. Clients are made once."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any

from ordering import claims, inventory_rows, payments, settings
from ordering.catalogue import Catalogue
from ordering.claims import Claims
from ordering.inventory import Inventory
from ordering.ledger import Ledger
from ordering.payments import Payments
from ordering.tables import Table, connect

_shops: dict[str, Shop] = {}
_lock = Lock()


@dataclass(frozen=True)
class Shop:
    """Everything the functions need. Safe to share between threads."""

    catalogue: Catalogue
    inventory: Inventory
    payments: Payments
    claims: Claims


def open_shop(connection_string: str, **options: Any) -> Shop:
    """Return a shop on a storage account; makes no request. `options` go to the table client."""
    service = connect(connection_string, **options)
    stock = Table(service, inventory_rows.TABLE)
    inventory = Inventory(stock)
    return Shop(
        catalogue=Catalogue(stock),
        inventory=inventory,
        payments=Payments(Table(service, payments.TABLE), inventory, Ledger()),
        claims=Claims(Table(service, claims.TABLE)),
    )


def shop() -> Shop:
    """Return this process's shop; raises SettingsError."""
    connection_string = settings.storage_connection_string()
    with _lock:
        if connection_string not in _shops:
            _shops[connection_string] = open_shop(connection_string)
        return _shops[connection_string]
