"""The events of an orchestration's history, as the extension shows them, read and put in order."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from durable_sdk import decoded

_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,6})?")


@dataclass(frozen=True)
class Event:
    """An event of a history; a task that has ended is one, from `time` to `ended`."""

    kind: str
    time: datetime
    ended: datetime | None
    name: str
    data: Any
    reason: str
    fires: datetime | None


def read(history: Iterable[dict[str, Any]]) -> list[Event]:
    """Return the events that have a time, in the order in which they began."""
    events = [event for each in history if (event := _event(each)) is not None]
    return sorted(events, key=lambda event: event.time)


def _event(told: dict[str, Any]) -> Event | None:
    ended = moment(told.get("Timestamp"))
    begun = moment(told.get("ScheduledTime")) or ended
    if begun is None:
        return None
    kind = str(told.get("EventType"))
    return Event(
        kind,
        begun,
        None if kind == "TaskScheduled" else ended,
        str(told.get("FunctionName") or told.get("Name") or ""),
        decoded(told.get("Result")),
        str(told.get("Reason") or ""),
        moment(told.get("FireAt")),
    )


def moment(text: Any) -> datetime | None:
    """Return the moment of a timestamp in UTC, None of anything else."""
    # Python 3.10 reads neither the Z nor the seven digits of .NET.
    if not (isinstance(text, str) and (found := _MOMENT.match(text))):
        return None
    second, fraction = found.groups()
    whole = datetime.fromisoformat(second).replace(tzinfo=timezone.utc)
    return whole.replace(microsecond=int((fraction or ".")[1:].ljust(6, "0")))
