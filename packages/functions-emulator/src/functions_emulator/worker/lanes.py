"""Orchestrators, one after another in few threads: a turn is short, and a thread costs as much."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

LANES = 2
LARGEST_BATCH = 16


class Lanes(Generic[T]):
    """Serve calls in `LANES` threads, and have what they gave sent after a batch of them.

    An orchestrator that blocks, which none should, leaves the other lanes free; `rescue`, called
    now and then, opens one more when all of them are stuck.
    """

    def __init__(
        self,
        submit: Callable[[Callable[[], None]], object],
        serve: Callable[[T], None],
        flush: Callable[[], None],
    ) -> None:
        self._submit = submit
        self._serve_one = serve
        self._flush = flush
        self._waiting: deque[T] = deque()
        self._lock = threading.Lock()
        self._open = 0
        self._most = LANES
        self._served = 0
        self._served_before = 0

    def add(self, call: T) -> None:
        """Serve a call: at once in a free lane, or after those that came before it."""
        with self._lock:
            self._waiting.append(call)
            if self._open >= self._most:
                return
            self._open += 1
        self._submit(self._serve)

    def rescue(self) -> None:
        """Open a lane if calls wait and none has been served since the last time."""
        with self._lock:
            stuck = self._waiting and self._open and self._served == self._served_before
            self._served_before = self._served
            if not stuck:
                return
            self._open += 1
            self._most = max(self._most, self._open)
        self._submit(self._serve)

    def _serve(self) -> None:
        while True:
            for _ in range(LARGEST_BATCH):
                try:
                    call = self._waiting.popleft()
                except IndexError:
                    break
                self._serve_one(call)
                self._served += 1
            self._flush()
            with self._lock:
                if not self._waiting:
                    self._open -= 1
                    return
