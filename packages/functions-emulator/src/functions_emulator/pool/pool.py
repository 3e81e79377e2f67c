"""The worker processes of an app: as many as it wants, replaced when they end."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import timedelta

from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.errors import AppError
from functions_emulator.failures import WorkerLost
from functions_emulator.pool.calls import Invocation, Outputs
from functions_emulator.pool.monitor import TICK_SECONDS, look_at
from functions_emulator.pool.process import WorkerProcess
from functions_emulator.pool.restarts import Restarts
from functions_emulator.pool.settings import WorkerSettings

# DelayUntilFunctionDispatcherInitializedOrShutdown: (3 ends + 1) times 10 s.
PATIENCE = 40.0

log = logging.getLogger("functions_emulator.worker")


class Pool:
    """Runs functions in worker processes, in turns: `start`, then `call`, then `stop`. One use."""

    def __init__(
        self, settings: WorkerSettings, count: int = 1, timeout: timedelta | None = None
    ) -> None:
        self._settings = settings
        self._count = count
        self._timeout = timeout
        self._workers: list[WorkerProcess] = []
        self._turn = 0
        self._restarts = Restarts(count)
        self._ready = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def start(self) -> list[FunctionDefinition]:
        """Start the first worker and return the app's functions, then start the others.

        Raises AppError if the app cannot be loaded; no process is left then.
        """
        worker = await self._spawn()
        try:
            functions = await worker.loaded(self._settings.start_seconds)
        except BaseException:
            await self.stop()
            raise
        self._take_up(worker)
        for _ in range(1, self._count):
            self._in_background(self._add())
        self._in_background(self._watch())
        return functions

    async def call(self, invocation: Invocation) -> Outputs:
        """Run a function in the next worker; wait for one if there is none at this moment."""
        worker = self._next() or await self._wait_for_worker()
        return await worker.calls.make(invocation)

    @property
    def pids(self) -> list[int]:
        """Return the process ids of the workers that are there."""
        return [worker.pid for worker in self._workers]

    async def stop(self) -> None:
        """End all workers; what runs in them, or waits for one of them, is cut off."""
        self._stopping = True
        self._ready.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*(worker.stop() for worker in list(self._workers)))
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _next(self) -> WorkerProcess | None:
        ready = [worker for worker in self._workers if worker.is_ready]
        if not ready:
            return None
        # RpcFunctionInvocationDispatcherLoadBalancer.cs
        self._turn += 1
        return ready[self._turn % len(ready)]

    async def _wait_for_worker(self) -> WorkerProcess:
        deadline = time.monotonic() + PATIENCE
        while (worker := self._next()) is None:
            if self._stopping:
                raise WorkerLost("the host is stopping")
            self._ready.clear()
            try:
                await asyncio.wait_for(self._ready.wait(), deadline - time.monotonic())
            except asyncio.TimeoutError:
                raise WorkerLost(f"no worker process was there within {PATIENCE:g} s") from None
        return worker

    async def _spawn(self) -> WorkerProcess:
        worker = await WorkerProcess.start(self._settings, self._gone)
        self._workers.append(worker)
        return worker

    def _take_up(self, worker: WorkerProcess) -> None:
        worker.is_ready = True
        worker.ready_at = time.monotonic()
        self._ready.set()

    def _gone(self, worker: WorkerProcess) -> None:
        self._workers.remove(worker)
        if self._stopping or worker.is_stopping or not worker.has_loaded:
            return
        log.error("Language Worker Process exited. Pid=%d. It %s", worker.pid, worker.ending)
        self._in_background(self._replace(time.monotonic() - worker.ready_at))

    async def _add(self) -> None:
        """Start one more worker, again and again until it is there."""
        while not self._stopping:
            worker = await self._spawn()
            try:
                await worker.loaded(self._settings.start_seconds)
            except AppError as error:
                await worker.stop()
                log.error("A worker process could not be started: %s%s", error, _below(error))
                await self._pause(0.0)
                continue
            self._take_up(worker)
            return

    async def _replace(self, lived: float) -> None:
        await self._pause(lived)
        await self._add()

    async def _pause(self, lived: float) -> None:
        before = self._restarts.exceeded
        seconds = self._restarts.delay(lived)
        if self._restarts.exceeded and not before:
            log.error(
                "The worker processes have ended %d times soon after their start. The Functions "
                "host would give up here; the emulator tries on, more and more rarely, and at once "
                "when a file of the app changes. Look above for the reason.",
                self._restarts.ends,
            )
        if seconds:
            log.warning("The next worker process starts in %g s.", seconds)
            await asyncio.sleep(seconds)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            for worker in list(self._workers):
                if await look_at(worker, self._timeout):
                    log.warning(
                        "A function timeout has occurred. Restarting worker %d.", worker.pid
                    )
                    worker.is_stopping = True
                    worker.kill()
                    self._in_background(self._add())

    def _in_background(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _below(error: AppError) -> str:
    return f"\n{error.details}" if error.details else ""
