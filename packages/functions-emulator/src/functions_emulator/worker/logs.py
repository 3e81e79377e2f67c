"""The app's log records on their way to the host, which writes them all."""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import astuple

from functions_emulator.protocol import LOG, pack
from functions_emulator.worker.outbox import Outbox
from functions_emulator.worker.scope import current_scope


class HostHandler(logging.Handler):
    """Send records to the host, each with the invocation it belongs to.

    At once: the next thing that the app does may end this process. A process that the app has
    forked prints instead: two that write to one line would garble it.
    """

    def __init__(self, outbox: Outbox) -> None:
        super().__init__()
        self._outbox = outbox
        self._formatter = logging.Formatter()
        self._process = os.getpid()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self._text(record)
            if os.getpid() != self._process:
                print(text, file=sys.stderr)
                return
            scope = current_scope.get()
            written = None if scope is None else astuple(scope)
            self._outbox.send(
                pack((LOG, record.name, record.levelno, record.created, text, written))
            )
        except Exception:
            self.handleError(record)

    def _text(self, record: logging.LogRecord) -> str:
        text = str.__str__(record.getMessage())
        if record.exc_info:
            text = f"{text}\n{self._formatter.formatException(record.exc_info)}"
        if record.stack_info:
            text = f"{text}\n{self._formatter.formatStack(record.stack_info)}"
        return text
