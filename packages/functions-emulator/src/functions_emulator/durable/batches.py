"""Call orchestrators in batches: a turn is short, and a thread of its own costs as much."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from functions_emulator.worker.worker import Call, Worker

LANES = 2
LARGEST_BATCH = 16


class Batches:
    """Collect calls while the lanes are busy and make them together.

    A call that comes while a lane is free is made at once. An orchestrator that blocks, which
    none should, holds up its own batch and leaves the other lane free.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._waiting: deque[tuple[Call, asyncio.Future[Any]]] = deque()
        self._free_lanes = LANES
        self._batches: set[asyncio.Task[None]] = set()

    async def call(self, call: Call) -> Any:
        """Make a call; return what it returns or raise what it raises."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._start)
        self._waiting.append((call, future))
        return await future

    def _start(self) -> None:
        if not self._waiting or not self._free_lanes:
            return
        self._free_lanes -= 1
        size = min(len(self._waiting), LARGEST_BATCH)
        batch = [self._waiting.popleft() for _ in range(size)]
        task = asyncio.create_task(self._make(batch))
        self._batches.add(task)
        task.add_done_callback(self._batches.discard)
        self._start()

    async def _make(self, batch: list[tuple[Call, asyncio.Future[Any]]]) -> None:
        try:
            results = await self._worker.run_all([call for call, _ in batch])
        except BaseException as error:
            results = [error] * len(batch)
        self._free_lanes += 1
        for (_, future), result in zip(batch, results, strict=True):
            if future.done():
                continue
            if isinstance(result, BaseException):
                future.set_exception(result)
            else:
                future.set_result(result)
        self._start()
