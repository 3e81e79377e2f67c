"""What is known of the orders of a round: what was placed, and how each may end."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

# By scenario; what an operator does to an order adds to it.
ENDS = {
    "in stock": {"Invoiced"},
    "hot SKU": {"Invoiced"},
    "many lines": {"Invoiced"},
    "declined": {"PaymentDeclined"},
    "short, restocked": {"Invoiced"},
    "short, woken": {"Invoiced"},
    "cancelled": {"Cancelled"},
    "expired": {"Expired"},
    "duplicated": {"Invoiced"},
}
# An order that is started again after its end waits again, or is told that it has ended.
_AFTER = {
    "terminate": {"Terminated"},
    "restart": {"Rejected", "Expired"},
    "purge": {"Purged", "Rejected", "Expired"},
}


@dataclass
class PlacedOrder:
    """An order: its scenario, what it is for, and what an operator did to it."""

    order_id: str
    scenario: str
    quantities: dict[str, int]
    done: list[str] = field(default_factory=list)

    def may_end_as(self, end: str) -> bool:
        """Tell whether nothing is strange about an end."""
        ends = set(ENDS[self.scenario])
        for deed in self.done:
            ends |= _AFTER.get(deed, set())
        return end in ends


class Placed:
    """The orders of a round in the order of their acceptance. Safe to share between threads."""

    def __init__(self) -> None:
        self.orders: dict[str, PlacedOrder] = {}
        self.current: set[str] = set()
        self._lock = threading.Lock()

    def begin(self, order: PlacedOrder) -> None:
        """Note an order that is about to be placed."""
        with self._lock:
            self.current.add(order.order_id)
            self.orders[order.order_id] = order

    def leave(self, order_id: str) -> None:
        """Note that its customer is done with an order."""
        with self._lock:
            self.current.discard(order_id)

    def under_way(self) -> frozenset[str]:
        """Return the orders whose customers are not done."""
        with self._lock:
            return frozenset(self.current)

    def latest(self, most: int) -> list[PlacedOrder]:
        """Return the orders that were placed last."""
        with self._lock:
            return list(self.orders.values())[-most:]

    def note(self, order_id: str, deed: str) -> None:
        """Note what an operator did to an order, or tries to do."""
        with self._lock:
            self.orders[order_id].done.append(deed)

    def those(self, deed: str) -> set[str]:
        """Return the orders to which something was done."""
        with self._lock:
            return {order.order_id for order in self.orders.values() if deed in order.done}

    def of_skus(self, skus: Iterable[str]) -> list[PlacedOrder]:
        """Return the orders for some SKUs."""
        wanted = set(skus)
        with self._lock:
            return [order for order in self.orders.values() if wanted & order.quantities.keys()]
