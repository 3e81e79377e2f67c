"""The pool and its workers: who gets a call, who is replaced, and how it stops; no process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from azure.functions.meta import Datum

from functions_emulator import protocol
from functions_emulator.app.functions import Binding, FunctionDefinition
from functions_emulator.errors import AppError
from functions_emulator.failures import WorkerLost
from functions_emulator.pool import pool as module
from functions_emulator.pool.calls import Calls, Invocation
from functions_emulator.pool.pool import Pool
from functions_emulator.pool.settings import WorkerSettings

WORK = FunctionDefinition("Work", None, Binding("m", "queueTrigger", "in"))


class Worker:
    """A worker without a process: its calls are real, and a test says when it answers or ends."""

    started: list[Worker] = []
    fails: AppError | None = None
    hold: asyncio.Event | None = None

    def __init__(self, on_exit: Callable[[Worker], None]) -> None:
        self.pid = len(self.started) + 1
        self.is_ready = self.is_stopping = self.has_loaded = False
        self.ready_at = 0.0
        self.ending = ""
        self.calls = Calls(lambda data: None)
        self.stops = 0
        self._on_exit = on_exit
        self._is_gone = False

    @classmethod
    async def start(cls, settings: object, on_exit: Callable[[Worker], None]) -> Worker:
        worker = cls(on_exit)
        cls.started.append(worker)
        return worker

    async def loaded(self, seconds: float) -> list[FunctionDefinition]:
        if self.fails is not None:
            raise self.fails
        if self.hold is not None:
            await self.hold.wait()
        self.has_loaded = True
        return [WORK]

    async def stop(self) -> None:
        self.is_stopping = True
        self.stops += 1
        await asyncio.sleep(0)
        self.end("exited with code 0")

    def end(self, how: str) -> None:
        if not self._is_gone:
            self._is_gone, self.is_ready, self.ending = True, False, how
            self.calls.fail_all(WorkerLost(f"the worker process (pid {self.pid}) {how}"))
            self._on_exit(self)

    def answer_all(self) -> None:
        for number in list(self.calls.pending):
            self.calls.take([protocol.RESULT, number, {}])


@pytest.fixture(autouse=True)
def workers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Worker]]:
    """The workers that a pool has started."""
    monkeypatch.setattr(Worker, "started", [])
    monkeypatch.setattr(Worker, "fails", None)
    monkeypatch.setattr(Worker, "hold", None)
    monkeypatch.setattr(module, "WorkerProcess", Worker)
    yield Worker.started


def settings() -> WorkerSettings:
    made: Any = type("Settings", (), {"start_seconds": 60.0})()
    return made  # type: ignore[no-any-return]


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 10))


async def turns_of_the_loop() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def started(count: int = 1) -> Pool:
    pool = Pool(settings(), count)
    assert await pool.start() == [WORK]
    await turns_of_the_loop()
    return pool


def call(pool: Pool) -> asyncio.Task[Any]:
    return asyncio.ensure_future(pool.call(Invocation(WORK, Datum("", "string"))))


async def calls_without_a_worker(workers: list[Worker]) -> tuple[Pool, list[asyncio.Task[Any]]]:
    """Start a pool whose only worker ends, and make calls before the next one is there."""
    pool = await started()
    Worker.hold = asyncio.Event()
    workers[0].end("was killed")
    waiting = [call(pool) for _ in range(3)]
    await turns_of_the_loop()
    return pool, waiting


def test_the_workers_take_calls_in_turns(workers: list[Worker]) -> None:
    async def main() -> None:
        pool = await started(3)
        assert pool.pids == [1, 2, 3]
        made = [call(pool) for _ in range(9)]
        await turns_of_the_loop()
        assert [len(worker.calls.pending) for worker in workers] == [3, 3, 3]
        for worker in workers:
            worker.answer_all()
        assert await asyncio.gather(*made) == [{}] * 9
        await pool.stop()

    run(main())


def test_a_pool_that_stops_with_all_its_workers_busy_fails_each_call(
    workers: list[Worker],
) -> None:
    async def main() -> None:
        pool = await started(2)
        made = [call(pool) for _ in range(32)]
        await turns_of_the_loop()
        await pool.stop()
        ends = await asyncio.gather(*made, return_exceptions=True)
        assert {type(end) for end in ends} == {WorkerLost}
        assert pool.pids == [] and [worker.stops for worker in workers] == [1, 1]

    run(main())


def test_calls_that_wait_for_a_worker_fail_when_the_pool_stops(workers: list[Worker]) -> None:
    async def main() -> None:
        pool, waiting = await calls_without_a_worker(workers)
        assert not any(each.done() for each in waiting)
        await pool.stop()
        for each in waiting:
            with pytest.raises(WorkerLost, match="stopping"):
                await asyncio.wait_for(each, 1)

    run(main())


def test_a_call_to_a_pool_that_has_stopped_fails_at_once() -> None:
    async def main() -> None:
        pool = await started()
        await pool.stop()
        with pytest.raises(WorkerLost, match="stopping"):
            await asyncio.wait_for(call(pool), 1)

    run(main())


def test_calls_that_wait_for_a_worker_are_made_when_one_is_there(workers: list[Worker]) -> None:
    async def main() -> None:
        pool, waiting = await calls_without_a_worker(workers)
        assert len(workers) == 2, "its place is taken at once"
        Worker.hold.set()
        await turns_of_the_loop()
        assert len(workers[1].calls.pending) == 3
        workers[1].answer_all()
        assert await asyncio.gather(*waiting) == [{}] * 3
        await pool.stop()

    run(main())


def test_a_call_gives_up_when_no_worker_comes(
    workers: list[Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        pool = await started()
        Worker.hold = asyncio.Event()
        workers[0].end("was killed")
        monkeypatch.setattr(module, "PATIENCE", 0.01)
        with pytest.raises(WorkerLost, match="no worker process was there within 0.01 s"):
            await call(pool)
        await pool.stop()

    run(main())


def test_only_the_calls_of_the_worker_that_ended_fail(
    workers: list[Worker], caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        pool = await started(2)
        made = [call(pool) for _ in range(4)]
        await turns_of_the_loop()
        workers[0].end("was ended by SIGKILL (code 137)")
        await turns_of_the_loop()
        assert pool.pids == [2, 3]
        workers[1].answer_all()
        ends = await asyncio.gather(*made, return_exceptions=True)
        assert sorted(str(end) for end in ends) == [
            "the worker process (pid 1) was ended by SIGKILL (code 137)",
            "the worker process (pid 1) was ended by SIGKILL (code 137)",
            "{}",
            "{}",
        ]
        await pool.stop()

    run(main())
    assert "Language Worker Process exited. Pid=1. It was ended by SIGKILL" in caplog.text


def test_a_worker_that_ends_as_the_pool_stops_is_neither_replaced_nor_told(
    workers: list[Worker], caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        pool = await started(2)
        await pool.stop()
        await turns_of_the_loop()
        assert len(workers) == 2

    run(main())
    assert caplog.records == []


def test_a_pool_that_stops_while_a_worker_loads_leaves_none(workers: list[Worker]) -> None:
    async def main() -> None:
        pool = await started()
        Worker.hold = asyncio.Event()
        workers[0].end("was killed")
        await turns_of_the_loop()
        await pool.stop()
        Worker.hold.set()
        await turns_of_the_loop()
        assert pool.pids == [] and len(workers) == 2

    run(main())


def test_an_app_that_cannot_be_loaded_leaves_no_process(workers: list[Worker]) -> None:
    async def main() -> None:
        Worker.fails = AppError("function_app.py is missing")
        pool = Pool(settings())
        with pytest.raises(AppError, match="function_app.py is missing"):
            await pool.start()
        assert pool.pids == [] and [worker.stops for worker in workers] == [1]

    run(main())


def test_a_worker_that_cannot_be_started_again_is_tried_again_later_and_later(
    workers: list[Worker], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def main() -> None:
        sleep, tries = asyncio.sleep, 6

        async def pause(seconds: float) -> None:
            if seconds in (0, never):
                return await sleep(seconds)
            slept.append(seconds)
            if len(slept) == tries:
                Worker.fails = None
            await sleep(0)

        never = 3600.0
        monkeypatch.setattr(module, "TICK_SECONDS", never)
        pool = await started()
        monkeypatch.setattr(asyncio, "sleep", pause)
        Worker.fails = AppError("it does not load", "Traceback of the app")
        workers[0].end("was killed")
        for _ in range(20):
            await turns_of_the_loop()
        assert [worker.pid for worker in workers if worker.is_ready] == pool.pids
        assert len(pool.pids) == 1
        await pool.stop()

    caplog.set_level(logging.WARNING)
    run(main())
    assert slept == sorted(slept) and slept[0] == 1.0
    texts = [record.getMessage() for record in caplog.records]
    assert "A worker process could not be started: it does not load\nTraceback of the app" in texts
    assert sum("have ended 4 times soon after their start" in text for text in texts) == 1
