"""Customers: each places the next order as soon as its last one has ended."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import aiohttp

from benchmarks.beside.contender import Running, order
from benchmarks.orders.stand import shelf
from tools.processes import ToolError

PATIENCE = 120.0


@dataclass(frozen=True)
class Served:
    """How long all orders took together, and each from its request until its end was seen."""

    seconds: float
    latencies: list[float]


@dataclass(frozen=True)
class Recovered:
    """Seconds from the kill until the server answered again, and until the last order had ended."""

    up_seconds: float
    seconds: float
    unfinished: int


class Customers:
    """They place orders at a shop; one look at a time tells who may go on."""

    def __init__(self, shop: Running, http: aiohttp.ClientSession) -> None:
        self._shop = shop
        self._http = http
        self._urls: Iterator[str] = itertools.cycle(shop.urls)
        self._waiting: dict[str, asyncio.Future[None]] = {}

    async def serve(self, run: str, orders: int, in_flight: int) -> Served:
        """Take orders to their ends, so many at a time."""
        numbers, latencies = iter(range(orders)), []

        async def customer() -> None:
            for number in numbers:
                sent = time.perf_counter()
                await (await self._place(run, number))
                latencies.append(time.perf_counter() - sent)

        async with self._looking(0.001 + in_flight * 0.001):
            started = time.perf_counter()
            await _patiently(asyncio.gather(*(customer() for _ in range(in_flight))))
            return Served(time.perf_counter() - started, latencies)

    async def outlive_a_kill(self, run: str, orders: int) -> Recovered:
        """Place orders all at once, kill the server when all are accepted, and start it again."""
        ends = await asyncio.gather(*(self._place(run, number) for number in range(orders)))
        await self._look()
        killed = time.perf_counter()
        self._shop.kill()
        unfinished = len(self._waiting)
        await asyncio.to_thread(self._shop.restart)
        up = time.perf_counter()
        async with self._looking(0.02):
            await _patiently(asyncio.gather(*ends))
        return Recovered(up - killed, time.perf_counter() - killed, unfinished)

    async def _place(self, run: str, number: int) -> asyncio.Future[None]:
        order_id = f"{run}-{number:05d}"
        sent = order(order_id, shelf()[number % len(shelf())])
        async with self._http.post(f"{next(self._urls)}/api/orders", json=sent) as answer:
            assert answer.status == 202, await answer.text()
        return self._waiting.setdefault(order_id, asyncio.get_running_loop().create_future())

    async def _look(self) -> None:
        for order_id in await self._shop.ended(self._http, list(self._waiting)):
            self._waiting.pop(order_id).set_result(None)

    @asynccontextmanager
    async def _looking(self, pause: float) -> AsyncIterator[None]:
        async def look() -> None:
            while True:
                await asyncio.sleep(pause)
                if self._waiting:
                    await self._look()

        looking = asyncio.create_task(look())
        try:
            yield
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking


@asynccontextmanager
async def open_customers(shop: Running) -> AsyncIterator[Customers]:
    """Connect customers to a shop."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        yield Customers(shop, http)


async def _patiently(work: asyncio.Future[list[None]]) -> None:
    try:
        await asyncio.wait_for(work, PATIENCE)
    except asyncio.TimeoutError:
        raise ToolError(
            f"Orders have not ended within {PATIENCE:.0f} s. Is the machine very busy? Try again."
        ) from None
