"""Customers of the real app: each places the next order as soon as its last one has ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from azure.data.tables import EdmType, EntityProperty
from azure.data.tables.aio import TableClient
from azure.storage.queue import TextBase64EncodePolicy
from azure.storage.queue.aio import QueueClient

from benchmarks.orders.stand import PLENTY, shelf
from benchmarks.orders.watch import Watch
from ordering.stock.rows import WAREHOUSE, stock_key
from tools.event_queue import QUEUE, notification
from tools.processes import ToolError

# Every order has an id of this form, so that a request recorded for one serves for another.
ID = "{run}-{number:05d}"
PATIENCE = 120  # seconds that a run may take; it takes some


@dataclass(frozen=True)
class Served:
    """How long all orders took together, and each from its start or its event to its invoice."""

    seconds: float
    latencies: list[float]


class Customers:
    """They place orders of a run over HTTP, and have the paused ones woken over the queue."""

    def __init__(
        self, http: aiohttp.ClientSession, queue: QueueClient, inventory: TableClient, run: str
    ) -> None:
        self._http = http
        self._queue = queue
        self._inventory = inventory
        self._run = run
        self._watch = Watch(http, run)

    async def serve(self, kind: str, orders: int, in_flight: int) -> Served:
        """Take orders to their invoices, so many at a time; `kind` is `in stock` or `paused`."""
        order = self._order(kind)
        numbers = iter(range(orders))
        sent: dict[str, float] = {}

        async def customer() -> None:
            for number in numbers:
                sent[self.order_id(number)] = await order(number)

        async with self._watch.every(0.01 + in_flight * 0.0005):
            started = time.perf_counter()
            await _patiently(asyncio.gather(*(customer() for _ in range(in_flight))))
            seconds = time.perf_counter() - started
        ended = await self._watch.ends(sent)
        return Served(seconds, [ended[order_id] - sent[order_id] for order_id in sent])

    async def serve_one(self, kind: str, number: int) -> None:
        """Take one order to its invoice."""
        async with self._watch.every(0.01):
            await _patiently(self._order(kind)(number))

    def _order(self, kind: str) -> Callable[[int], Awaitable[float]]:
        return self.in_stock if kind == "in stock" else self.paused

    async def in_stock(self, number: int) -> float:
        """Place an order that is in stock; tell when it was sent, once it has ended."""
        sent = time.time()
        await self._place(number, shelf()[number % len(shelf())])
        await self._watch.until_ended(self.order_id(number))
        return sent

    async def paused(self, number: int) -> float:
        """Place an order that is short, restock and wake it; tell when the event was sent."""
        await self._place(number, self.short_sku(number))
        await self._watch.until_paused(self.order_id(number))
        # The warehouse's own system: no request of the app.
        await self._inventory.update_entity(
            {
                "PartitionKey": WAREHOUSE,
                "RowKey": stock_key(self.short_sku(number)),
                "available": EntityProperty(PLENTY, EdmType.INT64),
                "stocked": EntityProperty(PLENTY, EdmType.INT64),
            }
        )
        sent = time.time()
        await self._queue.send_message(notification(self.order_id(number), "Proceed"))
        await self._watch.until_ended(self.order_id(number))
        return sent

    def order_id(self, number: int) -> str:
        """Return the id of an order of this run."""
        return ID.format(run=self._run, number=number)

    def short_sku(self, number: int) -> str:
        """Return the SKU of which only a paused order needs some."""
        return f"short-{self.order_id(number)}"

    async def _place(self, number: int, sku: str) -> None:
        order = {
            "orderId": self.order_id(number),
            "customerId": "ada",
            "paymentMethod": "pm_card_visa",
            "items": [{"sku": sku, "quantity": 2}],
        }
        async with self._http.post("/api/orders", json=order) as answer:
            assert answer.status == 202, await answer.text()


async def _patiently(orders: Awaitable[Any]) -> None:
    try:
        await asyncio.wait_for(orders, PATIENCE)
    except asyncio.TimeoutError:
        raise ToolError(
            f"Orders have not ended within {PATIENCE} s. Is the machine very busy? Try again; "
            "`make demo` tells whether one order ends."
        ) from None


@asynccontextmanager
async def open_customers(base_url: str, storage: str, run: str) -> AsyncIterator[Customers]:
    """Connect customers to an app and its storage."""
    queue = QueueClient.from_connection_string(
        storage, QUEUE, message_encode_policy=TextBase64EncodePolicy()
    )
    table = TableClient.from_connection_string(storage, "inventory")
    connector = aiohttp.TCPConnector(limit=0)
    async with queue, table, aiohttp.ClientSession(base_url, connector=connector) as http:
        yield Customers(http, queue, table, run)


Serve = Callable[[Customers], Awaitable[Any]]


def run_customers(base_url: str, storage: str, run: str, serve: Serve) -> Any:
    """Have customers do something, and return what comes of it."""

    async def session() -> Any:
        async with open_customers(base_url, storage, run) as customers:
            return await serve(customers)

    return asyncio.run(session())
