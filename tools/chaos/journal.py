"""What really happened: every fault with its time and the orders that it hit."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterable
from typing import NamedTuple

# An order, or the SKU that only this order asks for.
ORDER_IDS = re.compile(r"(s\d+-r\d{3,}-)(?:short-)?(\d{4,})")


class Event(NamedTuple):
    """A fault that happened; `at` in seconds of time.time()."""

    at: float
    kind: str
    orders: frozenset[str]
    detail: str


class Journal:
    """Safe to share between threads."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._lock = threading.Lock()

    def note(
        self, kind: str, orders: Iterable[str] = (), detail: str = "", at: float | None = None
    ) -> None:
        """Write down that a fault has happened, now unless said otherwise."""
        event = Event(time.time() if at is None else at, kind, frozenset(orders), detail)
        with self._lock:
            self.events.append(event)

    def counts(self) -> Counter[str]:
        """Return how often each kind has happened."""
        return Counter(event.kind for event in self.events[:])

    def orders_hit(self) -> dict[str, set[str]]:
        """Return the orders that each kind has hit."""
        hit: dict[str, set[str]] = {}
        for event in self.events[:]:
            hit.setdefault(event.kind, set()).update(event.orders)
        return hit

    def of_order(self, order_id: str) -> list[Event]:
        """Return what hit an order, in time order."""
        return sorted(event for event in self.events[:] if order_id in event.orders)

    def text(self) -> str:
        """Give a line for each fault, in time order: seconds, kind, orders and detail."""
        lines = (
            f"{event.at:.2f} {event.kind} {','.join(sorted(event.orders)) or '-'} {event.detail}\n"
            for event in sorted(self.events[:], key=lambda event: event.at)
        )
        return "".join(lines)

    def has(self, kinds: Collection[str], since: float, until: float) -> bool:
        """Tell whether a fault of these kinds happened between two moments."""
        # From the end: it is asked about what has just been.
        for event in reversed(self.events[:]):
            if event.kind in kinds and since <= event.at <= until:
                return True
        return False


def order_ids_in(*texts: str | bytes) -> frozenset[str]:
    """Return the ids of orders that stand in texts or bodies."""
    joined = " ".join(
        text.decode("utf-8", "replace") if isinstance(text, bytes) else text for text in texts
    )
    return frozenset("".join(found) for found in ORDER_IDS.findall(joined))
