"""Bring what threads come to back to the event loop that waits for it."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any


class Results:
    """Set futures of one event loop from any thread, several with one wake-up.

    To wake a loop is a system call, which hands the interpreter to another thread: at each
    result it would cost more than many a result.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._ready: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        self._woken = False

    def put(
        self, future: asyncio.Future[Any], value: Any, error: BaseException | None = None
    ) -> None:
        """Have a future set to a value or an error, unless it is cancelled by then."""
        # Before the flag is looked at: whoever clears it takes all that is there.
        self._ready.append((future, value, error))
        if not self._woken:
            self._woken = True
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self.loop.call_soon_threadsafe(self._take)

    def _take(self) -> None:
        self._woken = False
        while self._ready:
            future, value, error = self._ready.popleft()
            if future.done():
                continue
            if error is None:
                future.set_result(value)
            else:
                future.set_exception(error)
