"""A shop whose tables and queues are in memory: all of the app's own code, and no service."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from unittest import mock

from ordering import shop as module
from ordering.clock import utc_now
from ordering.model import OrderRequest, parse_order
from ordering.shop import Shop, open_shop
from ordering.stock.catalogue import parse_stock_item
from tests.in_memory_table import InMemoryTable

# Of nobody: it is only looked at for the names in it.
CONNECTION = "DefaultEndpointsProtocol=https;AccountName=memory;AccountKey=bm8ga2V5;"


class InMemoryQueue:
    """Stands in for ordering.storage.queues.Queue."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def send(self, messages: Sequence[str]) -> None:
        self.messages += messages


@dataclass
class InMemoryShop:
    """One warehouse, and as many processes at it as a test opens.

    `now` is the time in all of them, if it is set.
    """

    tables: dict[str, InMemoryTable] = field(default_factory=dict)
    queues: dict[str, InMemoryQueue] = field(default_factory=dict)
    now: datetime | None = None

    def open(self) -> Shop:
        """Return the shop as one more process sees it, with nothing cached."""
        with (
            mock.patch.object(module, "Table", lambda _, name: self.table(name)),
            mock.patch.object(module, "open_queue", lambda _, name: self.queue(name)),
        ):
            opened = open_shop(CONNECTION)
        for part in (opened.inventory, opened.restocks, opened.cleanup, opened.accepted):
            part._now = self.clock
        return opened

    def clock(self) -> datetime:
        return self.now or utc_now()

    def table(self, name: str) -> InMemoryTable:
        return self.tables.setdefault(name, InMemoryTable())

    def queue(self, name: str) -> InMemoryQueue:
        return self.queues.setdefault(name, InMemoryQueue())

    @property
    def warehouse(self) -> InMemoryTable:
        return self.table("inventory")

    def keys(self, kind: str = "") -> list[str]:
        """Return the keys of the warehouse's rows of a kind, such as `open:`."""
        return sorted(key for _, key in self.warehouse.rows if key.startswith(kind))

    def stock(self, sku: str, available: int, currency: str = "EUR") -> None:
        """Set a SKU, as a process does that the others do not know of."""
        item = {"description": sku, "unitPrice": 250, "currency": currency, "available": available}
        self.open().catalogue.set_item(sku, parse_stock_item(item))

    def available(self, sku: str) -> int:
        return int(self.warehouse.rows["main", f"sku:{sku}"]["available"])

    def told(self) -> list[Any]:
        """Return the events that were sent to orders."""
        return [json.loads(text) for text in self.queue(module.EVENT_QUEUE).messages]

    def requests(self, work: Callable[[], object]) -> list[str]:
        """Return the requests to the tables that some work makes, one after the other."""
        made: list[str] = []
        for table in self.tables.values():
            table.before = made.append
        work()
        for table in self.tables.values():
            table.before = lambda request: None
        return made


def order(order_id: str, **items: int) -> OrderRequest:
    """Return an order for so many pieces of some SKUs."""
    lines = [{"sku": sku, "quantity": quantity} for sku, quantity in items.items()]
    whose = {"customerId": "ada", "paymentMethod": "pm_card_visa"}
    return parse_order({"orderId": order_id, "items": lines, **whose})
