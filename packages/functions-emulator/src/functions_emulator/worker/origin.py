"""What an invocation comes from: a trace that goes on, and earlier tries of the same run."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# https://www.w3.org/TR/trace-context/#traceparent-header
_TRACE_PARENT = re.compile(
    r"(?P<version>(?!ff)[0-9a-f]{2})-(?P<trace>(?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}"
    r"-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?",
    re.ASCII,
)


@dataclass(frozen=True)
class LastError:
    """The error of the try before this one."""

    message: str
    stack_trace: str
    source: str = ""


@dataclass(frozen=True)
class Origin:
    """What the app gets to see of where an invocation comes from (context.py)."""

    trace_parent: str = ""
    trace_state: str = ""
    retry_count: int = 0
    max_retry_count: int = 0
    last_error: LastError | None = None

    def to_plain(self) -> tuple[Any, ...]:
        """Write it with plain values, which can cross from one process to another."""
        last = self.last_error
        error = None if last is None else (last.message, last.stack_trace, last.source)
        tries = (self.retry_count, self.max_retry_count)
        return (self.trace_parent, self.trace_state, *tries, error)

    @classmethod
    def from_plain(cls, written: tuple[Any, ...]) -> Origin:
        """Read what `to_plain` wrote."""
        parent, state, tries, most, error = written
        last = None if error is None else LastError(*error)
        return cls(parent, state, tries, most, last)


def new_trace() -> str:
    """Begin a trace."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"


def origin_of(headers: Mapping[str, str]) -> Origin:
    """Go on with the trace of an HTTP request: its id and flags, with a span of our own."""
    found = _TRACE_PARENT.fullmatch(headers.get("traceparent", ""))
    if found is None or (found["version"] == "00" and found["more"]):
        return Origin()
    return Origin(
        trace_parent=f"00-{found['trace']}-{secrets.token_hex(8)}-{found['flags']}",
        trace_state=headers.get("tracestate", ""),
    )
