"""Which invocation the running code belongs to; log lines are marked with it."""

import logging
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """One run of a function; `instance_id` is that of the orchestration it works for, if any."""

    function_name: str
    invocation_id: str
    instance_id: str | None = None


current_scope: ContextVar[Scope | None] = ContextVar("current_scope", default=None)


def scope_of(record: logging.LogRecord) -> Scope | None:
    """Return the invocation that a record belongs to: what a worker sent with it, or ours now."""
    scope: Scope | None = getattr(record, "scope", None)
    return scope or current_scope.get()
