"""The emulator's engine alone, with its state on disk: `orders in_flight` as arguments.

The app runs in a worker process of its own, as it does for people.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.engine.figures import Figures, Stopwatch, tell
from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.app.settings import DurableSettings
from functions_emulator.durable.client import Client
from functions_emulator.durable.runtime import DurableRuntime
from functions_emulator.pool.calls import Invocation, Outputs
from functions_emulator.pool.pool import Pool
from functions_emulator.pool.settings import WorkerSettings

APP = Path(__file__).resolve().parent / "app"
POLL_SECONDS = 0.005
PERSISTS = "every event, turn and result in SQLite before anything comes of it (WAL)"


class Watched:
    """Workers, and the orders that have come up short: the first check has answered."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.checked: set[str] = set()

    async def call(self, invocation: Invocation) -> Outputs:
        """Run a function of the app."""
        outputs = await self._pool.call(invocation)
        if invocation.function.name == "check":
            self.checked.add(str(invocation.instance_id))
        return outputs


async def run(orders: int, in_flight: int, state: Path) -> Figures:
    """Take orders from start to end, so many at a time."""
    pool = Pool(WorkerSettings(str(APP), os.environ, log_levels={"default": "None"}))
    functions = await pool.start()
    workers = Watched(pool)
    settings = DurableSettings(max_concurrent_activities=20, max_concurrent_orchestrators=20)
    runtime = DurableRuntime(
        settings,
        _with_trigger(functions, "orchestrationTrigger"),
        _with_trigger(functions, "activityTrigger"),
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
            latencies.append(await _order(client, workers.checked, f"order-{number}"))

    await asyncio.gather(*(customer(runtime.client) for _ in range(in_flight)))
    figures = stopwatch.figures(latencies)
    await runtime.stop()
    await pool.stop()
    return figures


async def _order(client: Client, checked: set[str], order_id: str) -> float:
    await client.start("place_order", order_id, f'{{"orderId":"{order_id}"}}')
    while order_id not in checked:
        await asyncio.sleep(POLL_SECONDS)
    sent = time.perf_counter()
    await client.raise_event(order_id, "Proceed", "null")
    while True:
        status = client.get(order_id)
        if status is not None and status.ended:
            assert status.runtime_status == "Completed", status.output
            return time.perf_counter() - sent
        await asyncio.sleep(POLL_SECONDS)


def _with_trigger(functions: list[FunctionDefinition], kind: str) -> dict[str, FunctionDefinition]:
    return {each.durable_name: each for each in functions if each.trigger.type == kind}


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        arguments = (int(sys.argv[1]), int(sys.argv[2]), Path(folder) / "state.db")
        tell(asyncio.run(run(*arguments)))
