"""A worker process: loads the app, runs what the host asks for, ends when the host does."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from functions_emulator import protocol
from functions_emulator.app.loader import load_functions
from functions_emulator.app.tracebacks import place_of_frame
from functions_emulator.console import apply_log_levels, set_levels
from functions_emulator.durable.sdk_ease import ease_replays
from functions_emulator.errors import AppError
from functions_emulator.garbage import collect_less
from functions_emulator.protocol import pack
from functions_emulator.worker.logs import HostHandler
from functions_emulator.worker.outbox import Outbox
from functions_emulator.worker.runner import Runner
from functions_emulator.worker.streams import HostLine, take_standard_streams

_STOP_SECONDS = 0.2


class WorkerProcess:
    """The life of this process, from the host's first message to its last."""

    def __init__(self, line: HostLine) -> None:
        self._line = line
        self._outbox = Outbox(line.write)
        self._loop = asyncio.new_event_loop()
        self._runner: Runner | None = None
        self._app_root = Path()
        self._main_thread = threading.get_ident()

    def run(self) -> None:
        """Serve the host until it says stop; raise SystemExit then."""
        first = protocol.read(self._line.reading)
        if first is None:
            return
        settings: dict[str, Any] = first[1]
        self._app_root = Path(settings["app_root"])
        self._start_logging(settings)
        asyncio.set_event_loop(self._loop)
        threading.Thread(target=self._listen, name="host", daemon=True).start()
        self._loop.run_until_complete(self._load(settings))
        self._loop.run_forever()
        self._end()

    def _start_logging(self, settings: dict[str, Any]) -> None:
        handler = HostHandler(self._outbox)
        logging.getLogger().addHandler(handler)
        set_levels()
        apply_log_levels(handler, settings["log_levels"])

    async def _load(self, settings: dict[str, Any]) -> None:
        # On the loop, as the Python worker does: what a module does at its import sees one run.
        try:
            functions = load_functions(self._app_root)
        except AppError as error:
            self._outbox.send(pack((protocol.FAILED, str(error), error.details)))
            return
        ease_replays()
        collect_less()
        by_name = {function.name: function for function in functions}
        self._runner = Runner(by_name, self._outbox, self._loop, settings["threads"])
        self._outbox.send(pack((protocol.READY, [each.described() for each in functions])))

    def _listen(self) -> None:
        while (message := protocol.read(self._line.reading)) is not None:
            kind = message[0]
            if kind == protocol.CALL and self._runner is not None:
                self._runner.take(message)
            elif kind == protocol.TICK:
                self._tick(message[1])
            elif kind == protocol.WHERE:
                self._outbox.send(pack((protocol.PLACE, self._place())))
            elif kind == protocol.STOP:
                self._loop.call_soon_threadsafe(self._loop.stop)
        os._exit(0)  # The host is gone, however it went: nobody is left to work for.

    def _tick(self, number: int) -> None:
        if self._runner is not None:
            self._runner.rescue()
        pong = pack((protocol.PONG, number))
        self._loop.call_soon_threadsafe(self._outbox.send, pong)

    def _place(self) -> str:
        """Tell where in the app's code the main thread is, which loads it and runs async code."""
        frame = sys._current_frames().get(self._main_thread)
        return place_of_frame(frame, self._app_root)

    def _end(self) -> None:
        if self._runner is not None:
            self._runner.stop()
        pending = asyncio.all_tasks(self._loop)
        for task in pending:
            task.cancel()
        if pending:
            self._loop.run_until_complete(asyncio.wait(pending, timeout=0.1))
        # What the app and the SDK keep for the life of a process, such as sessions, is not closed.
        self._loop.set_exception_handler(lambda loop, context: None)
        self._outbox.flush()
        if not _others_end(_STOP_SECONDS):
            sys.stdout.flush()
            os._exit(0)  # A function still runs in a thread; Python would wait for it.


def _others_end(seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                return False
    return True


def main() -> None:
    """Run the worker of the host at the other end of the standard streams."""
    line = take_standard_streams()
    # Ctrl-C in a terminal reaches every process in it: the host decides what comes of it. A
    # handler, since processes that the app starts would inherit that the signal is ignored.
    signal.signal(signal.SIGINT, lambda number, frame: None)
    faulthandler.enable()
    WorkerProcess(line).run()
