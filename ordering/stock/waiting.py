"""The orders that wait for stock, and which of them the stock can serve."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ordering.stock.rows import WAREHOUSE, number, stock_key
from ordering.stock.seen_rows import read
from ordering.storage.tables import Row, Table

# As many as the largest order asks for at once.
_SKUS_AT_ONCE = 50


@dataclass(frozen=True)
class WaitingOrder:
    """An order that came up short: since when, and all that it needs, by SKU."""

    order_id: str
    since: str
    needs: Mapping[str, int]


def waiting_orders(table: Table, sku: str) -> dict[str, WaitingOrder]:
    """Return the orders that wait and need a SKU, by id. One request for each 1,000 orders."""
    # ';' follows ':' in the order of row keys.
    everyone = f"PartitionKey eq '{WAREHOUSE}' and RowKey ge 'waiting:' and RowKey lt 'waiting;'"
    # Not the Timestamp of each row, which the package takes longer to parse than all the rest.
    pages = table.pages(everyone, size=1000, only=["RowKey", "since", "skus"])
    found = (_waiting(entity) for page in pages for entity in page)
    return {order.order_id: order for order in found if sku in order.needs}


def free_stock(table: Table, skus: Iterable[str]) -> dict[str, int]:
    """Return how much is free of each of these SKUs that the catalogue knows."""
    keys = [stock_key(sku) for sku in sorted(set(skus))]
    free: dict[str, int] = {}
    for start in range(0, len(keys), _SKUS_AT_ONCE):
        rows = read(table, keys[start : start + _SKUS_AT_ONCE])
        free |= {
            key.removeprefix(stock_key("")): number(entity, "available")
            for key, entity in rows.items()
        }
    return free


def servable(orders: Iterable[WaitingOrder], free: Mapping[str, int]) -> list[str]:
    """Return the ids of the orders that the stock can serve together, oldest first.

    Stock is set aside in thought for each of them in turn; one that needs more than is left of
    any SKU is passed over, and takes nothing from those behind it.
    """
    left = dict(free)
    served = []
    for order in sorted(orders, key=lambda order: (order.since, order.order_id)):
        if all(left.get(sku, 0) >= quantity for sku, quantity in order.needs.items()):
            for sku, quantity in order.needs.items():
                left[sku] -= quantity
            served.append(order.order_id)
    return served


def _waiting(entity: Row) -> WaitingOrder:
    order_id = str(entity["RowKey"]).removeprefix("waiting:")
    return WaitingOrder(order_id, str(entity["since"]), json.loads(str(entity["skus"])))
