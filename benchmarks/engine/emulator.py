"""The emulator's engine alone, with its state on disk: `orders in_flight [rounds]` as arguments.

The app runs in a worker process of its own, as it does for people.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

from benchmarks.engine.figures import Figures, Stopwatch, tell
from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.app.settings import DurableSettings
from functions_emulator.durable.client import Client
from functions_emulator.durable.runtime import DurableRuntime
from functions_emulator.pool.caller import Caller
from functions_emulator.pool.calls import Invocation, Outputs
from functions_emulator.pool.pool import Pool
from functions_emulator.pool.settings import WorkerSettings

APP = Path(__file__).resolve().parent / "app"
POLL_SECONDS = 0.002
PERSISTS = "every event, turn and result in SQLite before anything comes of it (WAL)"


class Watched:
    """Workers, and how many activities of each order have answered."""

    def __init__(self, workers: Caller) -> None:
        self._workers = workers
        self._answered: Counter[str] = Counter()
        self._news: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    async def call(self, invocation: Invocation) -> Outputs:
        """Run a function of the app."""
        outputs = await self._workers.call(invocation)
        if invocation.function.trigger.type == "activityTrigger":
            order_id = str(invocation.instance_id)
            self._answered[order_id] += 1
            self._news[order_id].set()
        return outputs

    async def until(self, order_id: str, activities: int) -> None:
        """Wait until so many activities of an order have answered."""
        while self._answered[order_id] < activities:
            self._news[order_id].clear()
            await self._news[order_id].wait()


async def run(orders: int, in_flight: int, state: Path, rounds: int = 1) -> Figures:
    """Take orders from start to end, so many at a time, each short of stock so many times."""
    pool = Pool(WorkerSettings(str(APP), os.environ, log_levels={"default": "None"}))
    functions = await pool.start()
    workers = Watched(pool)
    settings = DurableSettings(max_concurrent_activities=20, max_concurrent_orchestrators=20)
    runtime = DurableRuntime(
        settings,
        with_trigger(functions, "orchestrationTrigger"),
        with_trigger(functions, "activityTrigger"),
        workers,
        state,
        speaks_grpc=any(each.speaks_grpc for each in functions),
    )
    await runtime.start()
    stopwatch = Stopwatch("emulator, SQLite on disk", PERSISTS, orders, in_flight, pool.pids)
    numbers = iter(range(orders))
    latencies: list[float] = []

    async def customer(client: Client) -> None:
        for number in numbers:
            latencies.append(await order(client, workers, f"order-{number}", rounds))

    await asyncio.gather(*(customer(runtime.client) for _ in range(in_flight)))
    figures = stopwatch.figures(latencies)
    await runtime.stop()
    await pool.stop()
    return figures


async def order(client: Client, workers: Watched, order_id: str, rounds: int) -> float:
    """Take an order to its end; give the seconds since its last event."""
    await client.start("place_order", order_id, json.dumps({"orderId": order_id, "rounds": rounds}))
    for number in range(rounds):
        await workers.until(order_id, number + 1)
        sent = time.perf_counter()
        await client.raise_event(order_id, "Proceed", "null")
    await workers.until(order_id, rounds + 2)  # one more check, and the payment
    while True:
        status = client.get(order_id)
        if status is not None and status.ended:
            assert status.runtime_status == "Completed", status.output
            return time.perf_counter() - sent
        await asyncio.sleep(POLL_SECONDS)


def with_trigger(functions: list[FunctionDefinition], kind: str) -> dict[str, FunctionDefinition]:
    """Find the functions with such a trigger, by the names that orchestrators use."""
    return {each.durable_name: each for each in functions if each.trigger.type == kind}


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        orders, in_flight, *rounds = (int(each) for each in sys.argv[1:])
        tell(asyncio.run(run(orders, in_flight, Path(folder) / "state.db", *rounds)))
