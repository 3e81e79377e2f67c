"""One worker process: started, told what to load, called, ended."""

from __future__ import annotations

import asyncio
import itertools
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from functions_emulator import protocol
from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.errors import AppError
from functions_emulator.failures import WorkerLost
from functions_emulator.pool.calls import Calls
from functions_emulator.pool.output import PrintedLines
from functions_emulator.pool.settings import WorkerSettings
from functions_emulator.protocol import Message, Unpacker, pack

# Where Python finds this package, and all else, as in this process: `-c` puts the current folder
# first instead, where a queue.py of the app would stand in for Python's own.
_PROGRAM = (
    "import sys; sys.path[:] = {path!r}; from functions_emulator.worker.process import main; main()"
)
_MESSAGES, _PRINTED = 1, 2
_LAST_WORDS_SECONDS = 0.3
_STOP_SECONDS = 0.5
_ANSWER_SECONDS = 1.0


class WorkerProcess(asyncio.SubprocessProtocol):
    """A process with the app in it; `exited` is done when it is gone, with its exit code.

    It has three pipes and no port: messages in, messages out, and what is printed. It ends when
    the first one is closed, so also when this process is killed.
    """

    def __init__(self, on_exit: Callable[[WorkerProcess], None]) -> None:
        loop = asyncio.get_running_loop()
        self.exited: asyncio.Future[int] = loop.create_future()
        self.is_ready = False
        self.is_stopping = False
        self.ending = ""
        self.calls = Calls(self._write, self._on_message)
        self.ready_at = self.answered_at = time.monotonic()
        self._on_exit = on_exit
        self._loaded: asyncio.Future[list[FunctionDefinition]] = loop.create_future()
        self._place: asyncio.Future[str] = loop.create_future()
        self._messages = Unpacker()
        self._printed = PrintedLines()
        self._open_pipes = {_MESSAGES, _PRINTED}
        self._closed = asyncio.Event()
        self._ending: asyncio.Task[None] | None = None
        self._ticks = itertools.count()
        self._transport: asyncio.SubprocessTransport | None = None

    @classmethod
    async def start(
        cls, settings: WorkerSettings, on_exit: Callable[[WorkerProcess], None]
    ) -> WorkerProcess:
        """Start a process and have it load the app; `loaded` waits for that."""
        worker = cls(on_exit)
        program = _PROGRAM.format(path=[path for path in sys.path if path])
        await asyncio.get_running_loop().subprocess_exec(
            lambda: worker, sys.executable, "-c", program, env=dict(settings.environment)
        )
        worker.calls.send(pack(settings.message))
        return worker

    @property
    def pid(self) -> int:
        return 0 if self._transport is None else self._transport.get_pid()

    @property
    def has_loaded(self) -> bool:
        """Tell whether the app was loaded; one that ends before has failed to start."""
        return self._loaded.done() and self._loaded.exception() is None

    async def loaded(self, seconds: float) -> list[FunctionDefinition]:
        """Wait until the app is loaded; AppError if it is not, or not within `seconds`."""
        try:
            return await asyncio.wait_for(asyncio.shield(self._loaded), seconds)
        except asyncio.TimeoutError:
            place = await self.where()
            still = f"; it is still at {place}" if place else ""
            raise AppError(
                f"the worker process has not loaded the app within {seconds:g} s{still}. Do at "
                "import only what is quick, and the rest in the functions."
            ) from None
        except WorkerLost as error:
            raise AppError(f"{error} while it loaded the app.") from None

    async def where(self) -> str:
        """Ask which line of the app the worker is at, loading it or in async code, if any."""
        self._place = asyncio.get_running_loop().create_future()
        self.calls.send(pack((protocol.WHERE,)))
        with suppress(asyncio.TimeoutError):
            return await asyncio.wait_for(self._place, _ANSWER_SECONDS)
        return ""

    def tick(self) -> None:
        """Have the worker show that its event loop runs."""
        self.calls.send(pack((protocol.TICK, next(self._ticks))))

    async def stop(self, seconds: float = _STOP_SECONDS) -> None:
        """End the process: it may finish in order, then it is killed."""
        self.is_stopping = True
        self.is_ready = False
        self.calls.send(pack((protocol.STOP,)))
        try:
            await asyncio.wait_for(asyncio.shield(self.exited), seconds)
        except asyncio.TimeoutError:
            self.kill()
            await self.exited

    def kill(self) -> None:
        """End the process at once."""
        self.is_ready = False
        if self._transport is not None:
            with suppress(ProcessLookupError):
                self._transport.kill()

    def _write(self, data: bytes) -> None:
        transport = None if self._transport is None else self._transport.get_pipe_transport(0)
        if transport is not None and not transport.is_closing():
            transport.write(data)  # type: ignore[attr-defined]

    def _on_message(self, message: Message) -> None:
        kind = message[0]
        if kind == protocol.PONG:
            self.answered_at = time.monotonic()
        elif kind == protocol.READY and not self._loaded.done():
            self.answered_at = time.monotonic()
            functions = [FunctionDefinition.from_description(each) for each in message[1]]
            self._loaded.set_result(functions)
        elif kind == protocol.FAILED and not self._loaded.done():
            self._loaded.set_exception(AppError(message[1], message[2]))
        elif kind == protocol.PLACE and not self._place.done():
            self._place.set_result(message[1])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.SubprocessTransport)
        self._transport = transport

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == _PRINTED:
            self._printed.feed(data)
            return
        for message in self._messages.feed(data):
            self.calls.take(message)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        self._open_pipes.discard(fd)
        if not self._open_pipes:
            self._closed.set()

    def process_exited(self) -> None:
        self._ending = asyncio.get_running_loop().create_task(self._end())

    async def _end(self) -> None:
        # What it said last may still be in the pipes; a process that the app has started may
        # hold them open for ever.
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._closed.wait(), _LAST_WORDS_SECONDS)
        assert self._transport is not None
        code = self._transport.get_returncode() or 0
        self._transport.close()
        self._printed.close()
        self.is_ready = False
        self.ending = how_it_ended(code)
        lost = WorkerLost(f"the worker process (pid {self.pid}) {self.ending}")
        if not self._loaded.done():
            self._loaded.set_exception(lost)
        self._loaded.exception()  # Nobody may be waiting for it.
        self.calls.fail_all(lost)
        self.exited.set_result(code)
        self._on_exit(self)


def how_it_ended(code: int) -> str:
    """Say in words how a process ended; a negative code is the number of a signal."""
    if code >= 0:
        return f"exited with code {code} (0x{code:X})"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    # As a shell and the Functions host write it.
    return f"was ended by {name} (code {128 - code})"
