"""Stock and prices: shown, set, and added to."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from tools.console import say
from tools.invoice import money
from tools.orders.api import OrderApi
from tools.processes import NoAnswer, ToolError, WrongUsage
from tools.tables import table

FIELDS = {
    "description": "--description",
    "unitPrice": "--unit-price",
    "currency": "--currency",
    "available": "--available",
}
# What only the list of all tells.
_OF_ORDERS = ("held", "waiting")


def show(api: OrderApi, sku: str | None) -> int:
    """Print stock and price of a SKU, or of all."""
    if sku is None:
        items = api.stock()
        if not items:
            say("There is nothing in stock yet: python -m tools.orders stock set SKU ...")
            return 0
        _print(items)
        return 0
    item, _ = api.stock_of(sku)
    if item is None:
        raise ToolError(f"There is no SKU {sku}. All of them: python -m tools.orders stock show")
    _print([item])
    return 0


def set_to(api: OrderApi, sku: str, given: Mapping[str, Any]) -> int:
    """Set what is given of a SKU, as nobody else changes it meanwhile; make it if it is new."""
    before, etag = api.stock_of(sku)
    item = {name: (before or {}).get(name) for name in FIELDS} | dict(given)
    lacking = [FIELDS[name] for name, value in item.items() if value is None]
    if lacking:
        raise WrongUsage(f"There is no SKU {sku} yet. To make it, say {', '.join(lacking)} too.")
    _print([api.set_stock(sku, item, etag)])
    return 0


def restock(api: OrderApi, sku: str, quantity: int, delivery: str | None) -> int:
    """Add stock and print which orders it has woken."""
    key = delivery or f"by-hand-{uuid.uuid4().hex[:12]}"
    try:
        done = api.restock(sku, quantity, key)
    except NoAnswer as error:
        again = f"python -m tools.orders restock {sku} {quantity} --delivery {key}"
        raise NoAnswer(f"{error}\nIt may be added already. Safe to repeat: {again}") from error
    say(f"{done['sku']}: {done['available']} available.")
    woken = done["notified"]
    say(f"Woken: {', '.join(woken)}" if woken else "No order waits that it could serve.")
    return 0


def _print(items: list[dict[str, Any]]) -> None:
    of_orders = [name for name in _OF_ORDERS if all(name in item for item in items)]
    rows = [
        (
            item["sku"],
            item["description"],
            money(item["unitPrice"], item["currency"]),
            item["available"],
            *(item[name] for name in of_orders),
        )
        for item in items
    ]
    head = ("sku", "description", "price", "available", *of_orders)
    for line in table(rows, head, right=range(2, len(head)), whole=(0, 2)):
        say(line)
