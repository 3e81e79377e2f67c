"""Faults that wait for something to happen to: the next request, the next message."""

from __future__ import annotations

import threading
from collections import deque

from tools.chaos.schedule import PlannedFault


class Armed:
    """The waiting faults by target, first come first served. Safe to share between threads."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[PlannedFault]] = {}
        self._lock = threading.Lock()

    def add(self, target: str, fault: PlannedFault) -> None:
        """Let a fault happen to the next that a target sees."""
        with self._lock:
            self._waiting.setdefault(target, deque()).append(fault)

    def take(self, target: str) -> PlannedFault | None:
        """Return the fault that happens to this one, if there is any."""
        with self._lock:
            waiting = self._waiting.get(target)
            return waiting.popleft() if waiting else None

    def disarm(self) -> int:
        """Forget all that has not happened; return how many those were."""
        with self._lock:
            left = sum(map(len, self._waiting.values()))
            self._waiting.clear()
            return left
