"""The history of an order as a person reads it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_WORDS = {
    "ExecutionStarted": "order started",
    "ExecutionTerminated": "terminated",
    "ExecutionSuspended": "suspended",
    "ExecutionResumed": "resumed",
    "TimerFired": "timer fired",
}
_ACTIVITY = {"TaskScheduled": "started", "TaskCompleted": "done", "TaskFailed": "failed"}


def entries(history: Iterable[dict[str, Any]]) -> list[str]:
    """Return a line for each event that tells something: `20:14:03  ProcessPayment done`."""
    return [f"{_time(event)}  {words}" for event in history if (words := _words(event))]


def _words(event: dict[str, Any]) -> str:
    kind = str(event.get("EventType", ""))
    if kind in _ACTIVITY:
        name = event.get("FunctionName") or event.get("Name") or "activity"
        return f"{name} {_ACTIVITY[kind]}"
    if kind == "EventRaised":
        return f"event {event.get('Name', '')} came"
    if kind == "TimerCreated":
        return f"waits until {_moment(event.get('FireAt'))} at most"
    if kind == "ExecutionCompleted":
        return "order ended"
    return _WORDS.get(kind, "")


def _time(event: dict[str, Any]) -> str:
    return str(event.get("Timestamp", ""))[11:19] or "--:--:--"


def _moment(value: Any) -> str:
    return str(value or "")[:19].replace("T", " ") + " UTC"
