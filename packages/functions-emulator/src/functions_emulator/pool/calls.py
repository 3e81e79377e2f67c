"""The calls that a worker has under way, and the messages that go to it and come from it."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from azure.functions.meta import Datum

from functions_emulator import protocol
from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.failures import FunctionError
from functions_emulator.plain import from_plain, to_plain
from functions_emulator.pool.records import log_record
from functions_emulator.protocol import Message, pack
from functions_emulator.worker.ids import invocation_id as new_id
from functions_emulator.worker.origin import Origin

Outputs = dict[str, Datum]


@dataclass(frozen=True)
class Invocation:
    """What a function is called with.

    `instance_id` is the orchestration or entity it works for, if any; `origin` what its context
    says of the request or of earlier tries.
    """

    function: FunctionDefinition
    trigger: Datum
    metadata: Mapping[str, Datum] = field(default_factory=dict)
    client: str | None = None
    id: str = field(default_factory=new_id)
    instance_id: str | None = None
    origin: Origin | None = None


@dataclass
class Pending:
    """A call that has not been answered; `warned` once somebody has been told that it is slow."""

    invocation: Invocation
    future: asyncio.Future[Any]
    started: float = field(default_factory=time.monotonic)
    warned: bool = False


class Calls:
    """Make calls over `write`, several with one write; `take` what the worker sends back.

    What it sends besides answers goes to `on_message`.
    """

    def __init__(
        self, write: Callable[[bytes], None], on_message: Callable[[Message], None] | None = None
    ) -> None:
        self.pending: dict[int, Pending] = {}
        self._write = write
        self._on_message = on_message
        self._numbers = itertools.count()
        self._waiting: list[bytes] = []
        self._loop = asyncio.get_running_loop()

    async def make(self, invocation: Invocation) -> Outputs:
        """Make a call; give its outputs, or raise FunctionError or what `fail` was given."""
        number = next(self._numbers)
        packed = pack(
            (
                protocol.CALL,
                number,
                invocation.function.name,
                to_plain(invocation.trigger),
                to_plain(invocation.metadata),
                invocation.client,
                invocation.id,
                invocation.instance_id,
                None if invocation.origin is None else invocation.origin.to_plain(),
            )
        )
        future: asyncio.Future[Any] = self._loop.create_future()
        self.pending[number] = Pending(invocation, future)
        self.send(packed)
        outputs: Outputs = from_plain(await future)
        return outputs

    def send(self, packed: bytes) -> None:
        """Send a message, with all others that this turn of the event loop brings."""
        if not self._waiting:
            self._loop.call_soon(self._flush)
        self._waiting.append(packed)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._write(waiting[0] if len(waiting) == 1 else b"".join(waiting))

    def take(self, message: Message) -> None:
        """Process a message of the worker."""
        kind = message[0]
        if kind == protocol.RESULT:
            future = self._answered(message[1])
            if future is not None:
                future.set_result(message[2])
        elif kind == protocol.ERROR:
            future = self._answered(message[1])
            if future is not None:
                future.set_exception(FunctionError(*message[2:]))
        elif kind == protocol.LOG:
            log_record(*message[1:])
        elif self._on_message is not None:
            self._on_message(message)

    def _answered(self, number: int) -> asyncio.Future[Any] | None:
        pending = self.pending.pop(number, None)
        return None if pending is None or pending.future.done() else pending.future

    def fail(self, number: int, error: BaseException) -> None:
        """End one call without an answer."""
        future = self._answered(number)
        if future is not None:
            future.set_exception(error)

    def fail_all(self, error: BaseException) -> None:
        """End every call without an answer: the worker is gone."""
        for number in list(self.pending):
            self.fail(number, error)
