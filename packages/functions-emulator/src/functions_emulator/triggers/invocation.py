"""One invocation of a function, from its trigger's payload to its outputs."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from azure.functions.meta import Datum

from functions_emulator.app.functions import Binding, FunctionDefinition
from functions_emulator.failures import failure_text
from functions_emulator.pool.caller import Caller
from functions_emulator.pool.calls import Invocation
from functions_emulator.worker.ids import invocation_id as new_id
from functions_emulator.worker.origin import Origin
from functions_emulator.worker.scope import Scope, current_scope

OutputWriter = Callable[[FunctionDefinition, Binding, Datum], Awaitable[None]]


@dataclass(frozen=True)
class Outcome:
    """How an invocation ended.

    `returned` is its response: the encoded value that the function returned or, with an HTTP output
    of another name, what it set there.
    """

    invocation_id: str
    error: BaseException | None = None
    returned: Datum | None = None

    @property
    def succeeded(self) -> bool:
        return self.error is None


@dataclass
class Invoker:
    """Invokes functions and logs each as the host does: Executing, Executed, failures.

    `client_binding` gives the JSON text of a durable client; `write_output` sends what a function
    puts out to anything but its own HTTP response.
    """

    workers: Caller
    write_output: OutputWriter
    client_binding: Callable[[], str] | None = None
    running: dict[str, str] = field(default_factory=dict)
    _idle: asyncio.Event = field(default_factory=asyncio.Event)

    async def invoke(
        self,
        function: FunctionDefinition,
        trigger: Datum,
        metadata: Mapping[str, Datum],
        reason: str,
        details: str = "",
        origin: Origin | None = None,
        invocation_id: str | None = None,
    ) -> Outcome:
        """Run the function once and write its outputs; a failure is logged and returned."""
        client = self.client_binding() if self.client_binding is not None else None
        invocation_id = invocation_id or new_id()
        invocation = Invocation(function, trigger, metadata, client, invocation_id, origin=origin)
        log = logging.getLogger(f"Function.{function.name}")
        scope = current_scope.set(Scope(function.name, invocation_id))
        log.info(
            "Executing 'Functions.%s' (Reason='%s', Id=%s)", function.name, reason, invocation_id
        )
        if details:
            log.info("Trigger Details: %s", details)
        started = time.perf_counter()
        self.running[invocation_id] = function.name
        try:
            returned = await self._run(invocation)
        except Exception as error:
            _log_failure(log, function.name, invocation_id, error, _since(started))
            return Outcome(invocation_id, error)
        finally:
            del self.running[invocation_id]
            current_scope.reset(scope)
            if not self.running:
                self._idle.set()
        log.info(
            "Executed 'Functions.%s' (Succeeded, Id=%s, Duration=%dms)",
            function.name,
            invocation_id,
            _since(started),
        )
        return Outcome(invocation_id, returned=returned)

    async def _run(self, invocation: Invocation) -> Datum | None:
        function = invocation.function
        outputs = await self.workers.call(invocation)
        for binding in function.outputs:
            data = outputs.get(binding.name)
            if binding.type != "http" and data is not None and data.value is not None:
                await self.write_output(function, binding, data)
        return outputs.get(function.response_name)

    async def wait_idle(self, seconds: float) -> bool:
        """Wait until nothing runs, at most `seconds`; tell whether that came."""
        deadline = time.monotonic() + seconds
        while self.running:
            self._idle.clear()
            try:
                await asyncio.wait_for(self._idle.wait(), deadline - time.monotonic())
            except asyncio.TimeoutError:
                return False
        return True


def _since(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)


def _log_failure(
    log: logging.Logger, name: str, invocation_id: str, error: BaseException, milliseconds: int
) -> None:
    arguments: tuple[Any, ...] = (name, invocation_id, milliseconds, failure_text(error))
    log.error("Executed 'Functions.%s' (Failed, Id=%s, Duration=%dms)\n%s", *arguments)
