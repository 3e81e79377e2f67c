"""Functions in this process, for tests and measurements: all but the pipes is the same."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable

from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.durable.sdk_ease import ease_replays
from functions_emulator.pool.calls import Calls, Invocation, Outputs
from functions_emulator.protocol import Unpacker
from functions_emulator.worker.outbox import Outbox
from functions_emulator.worker.runner import Runner


class InProcess:
    """Runs functions that have their code, in threads beside the caller's event loop.

    An async context manager. A worker process could not be given closures; whoever needs the
    behaviour of a process, such as its death, takes `Pool`.
    """

    def __init__(self, functions: Iterable[FunctionDefinition], threads: int = 1000) -> None:
        self._functions = {function.name: function for function in functions}
        self._threads = threads
        self._calls: Calls | None = None
        self._runner: Runner | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    async def __aenter__(self) -> InProcess:
        ease_replays()
        home = asyncio.get_running_loop()
        received = Unpacker()

        def arrive(data: bytes) -> None:
            for message in received.feed(data):
                calls.take(message)

        def answer(data: bytes) -> None:
            if not home.is_closed():
                home.call_soon_threadsafe(arrive, data)

        self._loop = asyncio.new_event_loop()
        runner = Runner(self._functions, Outbox(answer), self._loop, self._threads)
        sent = Unpacker()

        def ask(data: bytes) -> None:
            for message in sent.feed(data):
                runner.take(message)

        calls = Calls(ask)
        self._calls, self._runner = calls, runner
        self._thread = threading.Thread(
            target=_serve, args=(self._loop,), name="async functions", daemon=True
        )
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._loop is not None and self._runner is not None and self._thread is not None
        self._loop.call_soon_threadsafe(self._runner.stop)
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join, 0.5)

    async def call(self, invocation: Invocation) -> Outputs:
        """Call a function; give its outputs, or raise FunctionError."""
        assert self._calls is not None, "it is not started"
        return await self._calls.make(invocation)


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()
    pending = asyncio.all_tasks(loop)
    if pending:
        loop.run_until_complete(asyncio.wait(pending, timeout=0.1))
    loop.set_exception_handler(lambda loop, context: None)
    loop.close()
