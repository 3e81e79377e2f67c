"""Watch many orders with one request at a time, as a dashboard would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import datetime

import aiohttp

INSTANCES = "/runtime/webhooks/durabletask/instances"
# Pending and Running, so that only the orders in flight are listed.
LIVE = "Pending,Running,Suspended"
COMPLETED = "ExecutionCompleted"
AT_ONCE = 8


class Watch:
    """Tell customers of a run when their orders pause and end."""

    def __init__(self, http: aiohttp.ClientSession, run: str) -> None:
        self._http = http
        self._query = {
            "runtimeStatus": LIVE,
            "instanceIdPrefix": f"{run}-",
            "showInput": "false",
            "top": "1000",
        }
        self._ended: dict[str, asyncio.Future[None]] = {}
        self._paused: dict[str, asyncio.Future[None]] = {}

    async def until_ended(self, order_id: str) -> None:
        """Wait until an order that was accepted lives no more."""
        await self._ended.setdefault(order_id, asyncio.Future())

    async def until_paused(self, order_id: str) -> None:
        """Wait until an order waits for stock."""
        await self._paused.setdefault(order_id, asyncio.Future())

    @asynccontextmanager
    async def every(self, seconds: float) -> AsyncIterator[None]:
        """Look at the orders while the block runs, with a pause after each look."""
        looking = asyncio.create_task(self._look(seconds))
        try:
            yield
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking

    async def _look(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            awaited = dict(self._ended)
            if not awaited and not self._paused:
                continue
            async with self._http.get(INSTANCES, params=self._query) as answer:
                rows = await answer.json()
            live = {row["instanceId"] for row in rows}
            for order_id in awaited.keys() - live:
                self._ended.pop(order_id).set_result(None)
            for row in rows:
                stage = (row["customStatus"] or {}).get("stage")
                if stage == "AwaitingProceed" and row["instanceId"] in self._paused:
                    self._paused.pop(row["instanceId"]).set_result(None)

    async def ends(self, order_ids: Iterable[str]) -> dict[str, float]:
        """Return when each of these orders got its invoice, by the host's own record.

        Seconds since the epoch; AssertionError for an order that ended without one.
        """
        gate = asyncio.Semaphore(AT_ONCE)

        async def end(order_id: str) -> tuple[str, float]:
            async with (
                gate,
                self._http.get(f"{INSTANCES}/{order_id}", params={"showHistory": "true"}) as answer,
            ):
                status = await answer.json()
            assert status["runtimeStatus"] == "Completed", status
            (event,) = (e for e in status["historyEvents"] if e["EventType"] == COMPLETED)
            moment = event["Timestamp"].replace("Z", "+00:00")
            return order_id, datetime.fromisoformat(moment).timestamp()

        return dict(await asyncio.gather(*map(end, order_ids)))
