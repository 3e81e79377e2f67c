"""Which order an id stands for: the first one that was accepted under it, for ever."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ordering.clock import timestamp, utc_now
from ordering.errors import StorageUnavailable
from ordering.model import OrderRequest, parse_order
from ordering.storage.tables import Row, Table
from ordering.storage.transactions import Upsert

TABLE = "orders"
ROW = "order"


@dataclass(frozen=True)
class AcceptedOrder:
    """The order that an id stands for, and whether it was accepted just now.

    `order` is None once it was archived: the id is spent then. `task_hub` is where it was
    started, empty if that is not known.
    """

    order: OrderRequest | None
    is_new: bool
    task_hub: str = ""

    @property
    def is_archived(self) -> bool:
        return self.order is None

    def is_for(self, order: OrderRequest) -> bool:
        """Tell whether this is the same order; the sequence of its lines does not matter."""
        return self.order is not None and _canonical(self.order) == _canonical(order)


class AcceptedOrders:
    """The orders that were accepted, one row each. Every method raises StorageUnavailable."""

    def __init__(self, table: Table, now: Callable[[], datetime] = utc_now) -> None:
        self._table = table
        self._now = now

    def accept(self, order: OrderRequest, task_hub: str = "") -> AcceptedOrder:
        """Take the order's id for it, unless it is taken; answers which order has it."""
        row = {
            "PartitionKey": str(order.order_id),
            "RowKey": ROW,
            "order": json.dumps(order.to_json(), ensure_ascii=False),
            "claimedAt": timestamp(self._now()),
            "taskHub": task_hub,
        }
        if self._table.insert(row) is not None:
            return AcceptedOrder(order, is_new=True, task_hub=task_hub)
        accepted = self.find(str(order.order_id))
        if accepted is None:
            raise StorageUnavailable(f"The row of the accepted order {order.order_id} disappeared.")
        return accepted

    def find(self, order_id: str) -> AcceptedOrder | None:
        """Return the order that has an id, or None."""
        row = self._table.get(order_id, ROW)
        return _accepted(row) if row is not None else None

    def archive(self, order_id: str) -> None:
        """Forget an order, but not that its id is spent. Safe to repeat."""
        spent = {"PartitionKey": order_id, "RowKey": ROW, "archivedAt": timestamp(self._now())}
        self._table.transact([Upsert(spent)])


def _accepted(row: Row) -> AcceptedOrder:
    order = parse_order(json.loads(str(row["order"]))) if "order" in row else None
    return AcceptedOrder(order, is_new=False, task_hub=str(row.get("taskHub", "")))


def _canonical(order: OrderRequest) -> str:
    value = order.to_json()
    value["items"].sort(key=lambda item: item["sku"])
    return json.dumps(value, sort_keys=True)
