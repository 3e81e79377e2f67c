"""The orchestration clock: real time, plus what a test has moved it forward by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone


class Clock:
    """Tell the time that orchestrations live by.

    It runs with the real clock; `advance` moves it forward and calls every listener, so that
    whoever waits for a moment can look again.
    """

    def __init__(self, offset: timedelta = timedelta()) -> None:
        self._offset = offset
        self._listeners: list[Callable[[], None]] = []

    @property
    def offset(self) -> timedelta:
        """Tell how far the clock is ahead of real time."""
        return self._offset

    def now(self) -> datetime:
        """Tell the time, aware and in UTC."""
        return datetime.now(timezone.utc) + self._offset

    def advance(self, seconds: float) -> datetime:
        """Move the clock forward and tell the new time; ValueError for a step back."""
        if not 0 <= seconds <= 100 * 366 * 86400:
            raise ValueError("advanceSeconds: a number of seconds from 0 to 100 years is needed")
        self._offset += timedelta(seconds=seconds)
        for listener in self._listeners:
            listener()
        return self.now()

    def reset(self) -> None:
        """Go back to real time; only for a clock that nobody has looked at since."""
        self._offset = timedelta()

    def on_advance(self, listener: Callable[[], None]) -> None:
        """Call `listener` each time the clock is moved."""
        self._listeners.append(listener)


def to_text(moment: datetime) -> str:
    """Write a moment in UTC as the history does: `2026-11-22T19:30:00.000000Z`."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """Read a moment that the SDK or a query wrote; without an offset it is UTC.

    ValueError for anything that is not ISO 8601.
    """
    moment = datetime.fromisoformat(text.replace("Z", "+00:00").replace("z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
