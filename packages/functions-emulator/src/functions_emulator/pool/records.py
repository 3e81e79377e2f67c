"""Log records that come from a worker process."""

from __future__ import annotations

import logging

from functions_emulator.worker.scope import Scope


def log_record(
    name: str,
    level: int,
    created: float,
    text: str,
    scope: tuple[str, str, str | None] | None,
) -> None:
    """Have the host's handlers write a record of the app; the worker has judged its level."""
    record = logging.LogRecord(name, level, "", 0, text, None, None)
    record.created = created
    record.msecs = int((created - int(created)) * 1000)
    record.scope = None if scope is None else Scope(*scope)
    logging.getLogger(name).handle(record)
