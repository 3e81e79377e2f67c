import asyncio
import logging
import time
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import pytest
from azure.functions.meta import Datum

from functions_emulator.app.functions import Binding, FunctionDefinition
from functions_emulator.failures import FunctionTimedOut
from functions_emulator.pool.calls import Calls, Invocation
from functions_emulator.pool.monitor import SLOW_SECONDS, look_at

ORCHESTRATOR = FunctionDefinition("Plan", None, Binding("c", "orchestrationTrigger", "in"))
ASYNC = FunctionDefinition("Ask", None, Binding("r", "httpTrigger", "in"), is_async=True)
SYNC = FunctionDefinition("Work", None, Binding("m", "queueTrigger", "in"))


class Worker:
    """A worker that answers when it is told to; its calls are real."""

    pid = 7

    def __init__(self) -> None:
        self.calls = Calls(lambda data: None)
        self.answered_at = time.monotonic()
        self.ticks = 0

    def tick(self) -> None:
        self.ticks += 1

    async def where(self) -> str:
        return "function_app.py:9"

    async def call(self, function: FunctionDefinition, ago: float) -> "asyncio.Future[Any]":
        """Make a call that began so many seconds ago."""
        invocation = Invocation(function, Datum("", "json"), id="id-1", instance_id="order-1")
        made = asyncio.ensure_future(self.calls.make(invocation))
        await asyncio.sleep(0)
        list(self.calls.pending.values())[-1].started -= ago
        return made


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 10))


async def look(worker: Worker, timeout: timedelta | None = None) -> bool:
    return await look_at(worker, timeout)  # type: ignore[arg-type]


def test_an_orchestrator_that_runs_for_long_is_named_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        worker = Worker()
        made = await worker.call(ORCHESTRATOR, SLOW_SECONDS)
        await look(worker)
        await look(worker)
        made.cancel()

    run(main())
    (text,) = (record.getMessage() for record in caplog.records)
    assert text.startswith("order-1: the orchestrator Plan has been running for 5 s")


def test_a_blocked_event_loop_is_told_with_its_functions_and_its_place(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        worker = Worker()
        made = [await worker.call(ASYNC, SLOW_SECONDS), await worker.call(ASYNC, 0)]
        await look(worker)
        assert not caplog.records  # It is slow, but the loop has answered.
        worker.answered_at -= SLOW_SECONDS
        await look(worker)
        await look(worker)
        for each in made:
            each.cancel()

    run(main())
    (text,) = (record.getMessage() for record in caplog.records)
    assert "worker process 7 has not answered for 5 s; it is at function_app.py:9." in text
    assert "all of them wait: Ask." in text


def test_a_sync_function_may_take_its_time(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        worker = Worker()
        made = await worker.call(SYNC, 1000)
        assert not await look(worker, timedelta(seconds=1001))
        assert worker.ticks == 1
        made.cancel()

    run(main())
    assert not caplog.records


def test_a_function_that_is_over_its_time_fails(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)

    async def main() -> None:
        worker = Worker()
        late, early = await worker.call(SYNC, 61), await worker.call(SYNC, 59)
        assert await look(worker, timedelta(minutes=1))
        with pytest.raises(FunctionTimedOut, match="00:01:00 was exceeded by function"):
            await late
        assert not early.done()
        early.cancel()

    run(main())
    assert "exceeded by function 'Functions.Work' (Id: 'id-1')" in caplog.text


def test_an_idle_worker_is_left_alone() -> None:
    async def main() -> None:
        worker = Worker()
        worker.answered_at -= 1000
        assert not await look(worker)
        assert worker.ticks == 0
        assert time.monotonic() - worker.answered_at < 100

    run(main())
