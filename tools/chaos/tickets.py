"""Tickets for the app under chaos: the next activity that finds one runs twice.

Files, since the app's worker processes come and go: a ticket is taken by whoever deletes it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Run:
    """A run of an activity that met a ticket; `kind` is twice, again or differs."""

    at: float
    kind: str
    activity: str
    input: Any
    answers: Any = None

    @property
    def order_id(self) -> str:
        return str(self.input.get("orderId", "")) if isinstance(self.input, dict) else ""


class Tickets:
    """The folder that the app under chaos is told by CHAOS_FOLDER."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._tickets = folder / "tickets"
        self._tickets.mkdir(parents=True)
        self._happened = folder / "happened.jsonl"
        self._read = 0
        self._number = 0

    def lay(self, kind: str) -> None:
        """Lay a ticket: `twice` to run at once twice, `again` to be run again later."""
        self._number += 1
        (self._tickets / f"{self._number}.{kind}").touch()

    def disarm(self) -> None:
        """Take back the tickets that nobody took."""
        for ticket in self._tickets.iterdir():
            ticket.unlink(missing_ok=True)

    def happened(self) -> list[Run]:
        """Return the runs that were not returned before."""
        if not self._happened.exists():
            return []
        with self._happened.open("rb") as file:
            file.seek(self._read)
            lines = file.read().splitlines(keepends=True)
        # What was killed at its last line has not ended it; the next run begins another.
        whole = [line for line in lines if line.endswith(b"\n")]
        self._read += sum(map(len, whole))
        return [Run(**entry) for entry in map(_entry, whole) if entry is not None]


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return found
