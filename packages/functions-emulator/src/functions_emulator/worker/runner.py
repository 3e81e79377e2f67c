"""Run the app's functions: async ones on an event loop, sync ones in a pool of threads.

Those of azure-functions-durable 2 that are async in name alone go where sync ones go.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from azure.functions.meta import Datum

from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.app.tracebacks import user_traceback
from functions_emulator.plain import from_plain, to_plain
from functions_emulator.protocol import ERROR, RESULT, Message, pack
from functions_emulator.worker.bindings import input_arguments, output_data
from functions_emulator.worker.context import InvocationContext, mark_thread
from functions_emulator.worker.direct import DirectRuns
from functions_emulator.worker.lanes import Lanes
from functions_emulator.worker.origin import Origin
from functions_emulator.worker.outbox import Outbox
from functions_emulator.worker.scope import Scope, current_scope

ORCHESTRATORS = ("orchestrationTrigger",)
_LEFT = (SystemExit, KeyboardInterrupt, StopIteration, asyncio.CancelledError)


@dataclass(frozen=True)
class Call:
    """One invocation that the host asks for."""

    number: int
    function: FunctionDefinition
    trigger: Datum
    metadata: Mapping[str, Datum]
    client: str | None
    scope: Scope
    origin: Origin | None = None

    def arguments(self) -> dict[str, Any]:
        """Decode what the function is called with; raise what a converter raises."""
        arguments = input_arguments(self.function, self.trigger, self.metadata, self.client)
        if self.function.requires_context:
            arguments["context"] = InvocationContext(
                self.function.name,
                self.function.directory,
                self.scope.invocation_id,
                self.origin,
            )
        return arguments


class Runner:
    """Runs calls and sends what comes of them; `loop` runs in another thread than `take`."""

    def __init__(
        self,
        functions: Mapping[str, FunctionDefinition],
        outbox: Outbox,
        loop: asyncio.AbstractEventLoop,
        threads: int,
    ) -> None:
        self._functions = functions
        self._outbox = outbox
        self._loop = loop
        # It makes its threads as they are needed.
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="function")
        self._direct = DirectRuns()
        self._lanes: Lanes[Call] = Lanes(self._submit, self._run_sync, outbox.flush)
        self._async_calls: deque[Call] = deque()
        self._woken = False
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, message: Message) -> None:
        """Start the call of a message; it never waits."""
        _, number, name, trigger, metadata, client, invocation_id, instance_id, origin = message
        function = self._functions.get(name)
        if function is None:
            error = LookupError(f"the function {name!r} is not loaded in this worker process")
            self._outbox.send(_failed(number, error))
            return
        scope = Scope(name, invocation_id, instance_id)
        datum, details = from_plain(trigger), from_plain(metadata)
        came_from = None if origin is None else Origin.from_plain(origin)
        call = Call(number, function, datum, details, client, scope, came_from)
        if function.is_async and not self._direct.takes(function):
            self._async_calls.append(call)
            if not self._woken:
                self._woken = True
                self._loop.call_soon_threadsafe(self._start_async)
        elif function.trigger.type in ORCHESTRATORS:
            self._lanes.add(call)
        else:
            self._submit(lambda: self._run_alone(call))

    def rescue(self) -> None:
        """Send what waits to be sent, and go round orchestrators that block."""
        self._outbox.flush()
        self._lanes.rescue()

    def stop(self) -> None:
        """Start nothing more and cancel what waits on the loop, from within it."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for task in self._tasks:
            task.cancel()
        self._direct.close()

    def _submit(self, work: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # The pool is shut down: nobody waits for it any more.
            self._pool.submit(work)

    def _run_alone(self, call: Call) -> None:
        self._run_sync(call)
        self._outbox.flush()

    def _run_sync(self, call: Call) -> None:
        self._outbox.put(contextvars.Context().run(_answer_sync, call, self._direct))

    def _start_async(self) -> None:
        self._woken = False
        while self._async_calls:
            call = self._async_calls.popleft()
            task = self._loop.create_task(self._run_async(call))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run_async(self, call: Call) -> None:
        current_scope.set(call.scope)
        try:
            arguments = call.arguments()
            returned = await _user_code(call)(**arguments)
            answer = _answer(call, arguments, returned)
        except _LEFT as error:
            answer = _failed(call.number, _left(error))
        except BaseException as error:
            answer = _failed(call.number, error)
        self._outbox.send(answer)


def _answer_sync(call: Call, direct: DirectRuns) -> bytes:
    current_scope.set(call.scope)
    mark_thread(call.scope.invocation_id)
    try:
        arguments = call.arguments()
        returned = _user_code(call)(**arguments)
        if call.function.is_async:
            returned = direct.run(returned)
        return _answer(call, arguments, returned)
    except _LEFT as error:
        return _failed(call.number, _left(error))
    except BaseException as error:
        if call.function.trigger.type in ORCHESTRATORS:
            return _failed(call.number, error, error.__cause__ or error)
        return _failed(call.number, error)
    finally:
        mark_thread(None)


def _user_code(call: Call) -> Callable[..., Any]:
    assert call.function.user_function is not None, "this is the host's copy of a function"
    return call.function.user_function


def _answer(call: Call, arguments: Mapping[str, Any], returned: Any) -> bytes:
    outputs = output_data(call.function, arguments, returned)
    return pack((RESULT, call.number, to_plain(outputs)))


def _left(error: BaseException) -> RuntimeError:
    """Make a failure of what would end the worker process, or leave the host without an answer."""
    failure = RuntimeError(f"the function raised {type(error).__name__}: {error}")
    failure.__cause__ = error
    return failure.with_traceback(error.__traceback__)


def _failed(number: int, error: BaseException, shown: BaseException | None = None) -> bytes:
    try:
        text = str(error)
    except Exception:
        text = f"its text cannot be had: {type(error).__name__}.__str__ raises"
    return pack(
        (ERROR, number, type(error).__name__, str.__str__(text), user_traceback(shown or error))
    )
