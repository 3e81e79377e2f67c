"""Rows as this process last saw them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from threading import Lock

from ordering.storage.tables import Row

# Some hundred bytes each.
MOST_SEEN = 20_000


class SeenRows:
    """A cache of rows by key. Safe to share between threads.

    A cached row is a guess: another process may have changed it since. A caller that writes based
    on a cached row guards the write with the row's ETag, and forgets the row if the write fails.
    """

    def __init__(self, most: int = MOST_SEEN) -> None:
        self._most = most
        self._rows: OrderedDict[str, Row] = OrderedDict()
        self._lock = Lock()

    def get(self, keys: Iterable[str]) -> dict[str, Row]:
        """Return those of the rows that are cached, by key."""
        found: dict[str, Row] = {}
        with self._lock:
            for key in keys:
                if key in self._rows:
                    self._rows.move_to_end(key)
                    found[key] = self._rows[key]
        return found

    def put(self, rows: Mapping[str, Row]) -> None:
        """Cache rows; the longest unused are forgotten when there are too many."""
        with self._lock:
            for key, row in rows.items():
                self._rows[key] = row
                self._rows.move_to_end(key)
            while len(self._rows) > self._most:
                self._rows.popitem(last=False)

    def add(self, rows: Mapping[str, Row]) -> None:
        """Cache rows that were read without a turn at them, unless they are cached already."""
        with self._lock:
            new = {key: row for key, row in rows.items() if key not in self._rows}
        self.put(new)

    def forget(self, keys: Iterable[str]) -> None:
        """Forget rows that were or will be changed by somebody else."""
        with self._lock:
            for key in keys:
                self._rows.pop(key, None)
