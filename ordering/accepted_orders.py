"""Which order an id stands for: the first one sent under it, for ever."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ordering.clock import timestamp, utc_now
from ordering.errors import StorageUnavailable
from ordering.model import OrderRequest, parse_order
from ordering.storage.tables import Table

TABLE = "orders"
ROW = "order"


@dataclass(frozen=True)
class Claim:
    """The order that an id stands for, and whether it was written down just now.

    `task_hub` is where it was started, empty if that is not known.
    """

    order: OrderRequest
    is_new: bool
    task_hub: str = ""

    def is_for(self, order: OrderRequest) -> bool:
        """Tell whether this is the same order; the sequence of its lines does not matter."""
        return _canonical(self.order) == _canonical(order)


class Claims:
    """The orders that were accepted. Every method raises StorageUnavailable."""

    def __init__(self, table: Table, now: Callable[[], datetime] = utc_now) -> None:
        self._table = table
        self._now = now

    def claim(self, order: OrderRequest, task_hub: str = "") -> Claim:
        """Take the order's id for it, unless it is taken; answers who has it."""
        row = {
            "PartitionKey": str(order.order_id),
            "RowKey": ROW,
            "order": json.dumps(order.to_json(), ensure_ascii=False),
            "claimedAt": timestamp(self._now()),
            "taskHub": task_hub,
        }
        if self._table.insert(row) is not None:
            return Claim(order, is_new=True, task_hub=task_hub)
        claimed = self.find(str(order.order_id))
        if claimed is None:
            raise StorageUnavailable(f"The claim of order {order.order_id} disappeared.")
        return claimed

    def find(self, order_id: str) -> Claim | None:
        """Return who has an id, or None."""
        row = self._table.get(order_id, ROW)
        if row is None:
            return None
        order = parse_order(json.loads(str(row["order"])))
        return Claim(order, is_new=False, task_hub=str(row.get("taskHub", "")))


def _canonical(order: OrderRequest) -> str:
    value = order.to_json()
    value["items"].sort(key=lambda item: item["sku"])
    return json.dumps(value, sort_keys=True)
