"""Run the app's functions: async ones on an event loop of their own, sync ones in a thread pool."""

import asyncio
import contextvars
import logging
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.worker.context import InvocationContext, mark_thread
from functions_emulator.worker.ids import invocation_id as new_id
from functions_emulator.worker.origin import Origin
from functions_emulator.worker.results import Results
from functions_emulator.worker.scope import Scope, current_scope

T = TypeVar("T")

THREAD_COUNT_SETTING = "PYTHON_THREADPOOL_THREAD_COUNT"


def thread_count(values: Mapping[str, str]) -> int | None:
    """Return how many sync functions run at once; None leaves it to Python (cores + 4, at most 32).

    A value that is no number of at least 1 is ignored with a warning, as the worker does.
    """
    value = values.get(THREAD_COUNT_SETTING)
    if not value:
        return None
    if value.isdecimal() and int(value) >= 1:
        return int(value)
    logging.getLogger("functions_emulator.worker").warning(
        "%s is %r; it must be a number from 1 on. The default is used.", THREAD_COUNT_SETTING, value
    )
    return None


@dataclass(frozen=True)
class Call:
    """One of several calls that are made together."""

    function: FunctionDefinition
    arguments: Mapping[str, Any]
    instance_id: str | None = None


class Worker:
    """The process in which the Python worker runs functions, as threads beside the host's loop.

    A blocking async function holds up the other async functions, as it does on the platform, but
    not the host: it still renews queue messages and answers HTTP.
    """

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads
        self._pool: ThreadPoolExecutor | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._results: Results | None = None

    def start(self) -> None:
        """Start the event loop's thread; the pool's threads start as they are needed."""
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="function")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=_serve_loop, args=(self._loop,), name="async functions", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop; functions that still run are left behind, async ones at their next await."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=0.3)

    async def run(
        self,
        function: FunctionDefinition,
        arguments: Mapping[str, Any],
        invocation_id: str | None = None,
        instance_id: str | None = None,
        origin: Origin | None = None,
    ) -> Any:
        """Call the app's function and return what it returns, or raise what it raises.

        Adds the `context` argument if the function has that parameter. SystemExit, StopIteration
        and a cancellation of the function's own become RuntimeError: they end the function, not
        the host.
        """
        invocation_id = invocation_id or new_id()
        if function.requires_context and "context" not in arguments:
            context = InvocationContext(function.name, function.directory, invocation_id, origin)
            arguments = {**arguments, "context": context}
        scope = Scope(function.name, invocation_id, instance_id)
        if function.is_async:
            return await self._await(_run_async(scope, function.user_function, arguments))
        return await self.call(_run_sync, scope, function.user_function, arguments)

    async def run_all(self, calls: Sequence[Call]) -> list[Any]:
        """Call several sync functions one after another in one thread of the pool.

        Returns what each returned, or the exception it raised.
        """
        return await self.call(_run_all, calls)

    async def call(self, function: Callable[..., T], *args: Any) -> T:
        """Run a sync callable in the thread pool, within the caller's context variables."""
        assert self._pool is not None, "the worker is not started"
        loop = asyncio.get_running_loop()
        if self._results is None or self._results.loop is not loop:
            self._results = Results(loop)
        future: asyncio.Future[T] = loop.create_future()
        call = partial(contextvars.copy_context().run, function, *args)
        self._pool.submit(_run_and_tell, call, future, self._results)
        return await future

    async def _await(self, coroutine: Coroutine[Any, Any, T]) -> T:
        assert self._loop is not None, "the worker is not started"
        future: Future[T] = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        return await asyncio.wrap_future(future)


def _run_and_tell(call: Callable[[], T], future: asyncio.Future[T], results: Results) -> None:
    if future.cancelled():
        return
    try:
        value = call()
    except BaseException as error:
        results.put(future, None, error)
    else:
        results.put(future, value)


def _serve_loop(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()
    pending = asyncio.all_tasks(loop)
    for task in pending:
        task.cancel()
    if pending:
        loop.run_until_complete(asyncio.wait(pending, timeout=0.1))
    loop.run_until_complete(loop.shutdown_asyncgens())
    # What the app and the SDK keep for the life of a process, such as sessions, is not closed.
    loop.set_exception_handler(lambda loop, context: None)
    loop.close()


def _run_all(calls: Sequence[Call]) -> list[Any]:
    results: list[Any] = []
    for call in calls:
        scope = Scope(call.function.name, new_id(), call.instance_id)
        try:
            results.append(_run_sync(scope, call.function.user_function, call.arguments))
        except Exception as error:
            results.append(error)
    return results


def _run_sync(scope: Scope, function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    current_scope.set(scope)
    mark_thread(scope.invocation_id)
    try:
        return function(**arguments)
    except (SystemExit, KeyboardInterrupt, StopIteration) as error:
        raise RuntimeError(f"the function raised {type(error).__name__}: {error}") from error
    finally:
        mark_thread(None)


async def _run_async(
    scope: Scope, function: Callable[..., Any], arguments: Mapping[str, Any]
) -> Any:
    current_scope.set(scope)
    try:
        return await function(**arguments)
    except (SystemExit, KeyboardInterrupt, asyncio.CancelledError) as error:
        raise RuntimeError(f"the function raised {type(error).__name__}: {error}") from error
