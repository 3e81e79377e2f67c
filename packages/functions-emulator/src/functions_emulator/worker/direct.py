"""Run orchestrators and entities of azure-functions-durable 2 in the thread that takes them.

Its SDK makes coroutines of them, which do no more than hand the app's code to a thread and await
it (sdk 2: internal/invocation.py, `run_sync`). On the loop of the async functions that takes three
threads a turn, each waking the next, which costs as much as a short replay.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, cast

from functions_emulator.app.functions import FunctionDefinition

_MADE_BY_SDK = ("orchestrator_function", "entity_function")
_PAYLOADS = "azure.durable_functions.internal.payloads"
_FIND_STORE = "get_payload_store"
# Its `eager_start` came with Python 3.12, and SDK 2 with 3.13.
_Task = cast(Any, asyncio.Task)


class DirectRuns:
    """Runs coroutines, each to its end, in the thread of the caller."""

    def __init__(self) -> None:
        self._idle: list[_DirectLoop] = []
        self._closed = False

    def takes(self, function: FunctionDefinition) -> bool:
        """Tell whether a function may run so: what it awaits is a thread and nothing else."""
        made = any(hasattr(function.user_function, name) for name in _MADE_BY_SDK)
        return made and function.is_async and not _awaits_payloads()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Return what a coroutine returns, or raise what it raises."""
        try:
            loop = self._idle.pop()
        except IndexError:
            loop = _DirectLoop()
        try:
            return loop.run(coroutine)
        finally:
            self._idle.append(loop)
            if self._closed:
                self.close()

    def close(self) -> None:
        """Close what is not in use now, and the rest after its use."""
        self._closed = True
        with suppress(IndexError):
            while True:
                self._idle.pop().close()


class _DirectLoop(asyncio.SelectorEventLoop):
    """Runs at once what is to run in another thread, which has no running loop either."""

    _in_first_step = False

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        self._in_first_step = True
        asyncio._set_running_loop(self)
        try:
            task = _Task(coroutine, loop=self, eager_start=True)
        finally:
            asyncio._set_running_loop(None)
            self._in_first_step = False
        return task.result() if task.done() else self.run_until_complete(task)

    def is_running(self) -> bool:
        return self._in_first_step or super().is_running()

    def run_in_executor(  # type: ignore[override]  # typeshed's needs TypeVarTuple of Python 3.11
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        future = self.create_future()
        asyncio._set_running_loop(None)
        try:
            future.set_result(func(*args))
        except BaseException as error:  # As in a thread of an executor: it is the caller's.
            future.set_exception(error)
        finally:
            asyncio._set_running_loop(self)
        return future


def _awaits_payloads() -> bool:
    """Tell whether the app may keep its payloads elsewhere (`configure_payload_store`).

    The SDK awaits them with a client that belongs to the loop of the async functions.
    """
    find = getattr(sys.modules.get(_PAYLOADS), _FIND_STORE, None)
    return find is None or find() is not None
