"""Histories as they come from a file or from the management API."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from functions_emulator.durable.clock import from_text
from functions_emulator.durable.context import Scheduled
from functions_emulator.durable.events import Event, EventType
from functions_emulator.simulation.entities import called, is_answered_by
from functions_emulator.simulation.errors import SimulationError

SCHEDULING = (
    EventType.TASK_SCHEDULED,
    EventType.SUB_ORCHESTRATION_CREATED,
    EventType.TIMER_CREATED,
    EventType.EVENT_SENT,
)


def events_of(history: Any) -> tuple[list[Event], bool]:
    """Give the events of a history in any form, and whether they are those that people see."""
    if isinstance(history, (str, bytes)):
        try:
            history = json.loads(history)
        except ValueError as error:
            raise SimulationError(f"the history is no JSON: {error}") from error
    if isinstance(history, Mapping):
        history = history.get("history") or history.get("historyEvents")
    if not isinstance(history, Sequence) or not history:
        raise SimulationError("the history has no events; was it asked for with showHistory=true?")
    # `IsPlayed` says how far a turn has come, which is for each turn to say.
    events = [{key: event[key] for key in event if key != "IsPlayed"} for event in history]
    return events, isinstance(events[0].get("EventType"), str)


def started_of(events: Sequence[Event]) -> tuple[str | None, str, datetime]:
    """Give the input as JSON text, the instance's id and the time of a history's start."""
    kinds = (EventType.EXECUTION_STARTED, "ExecutionStarted")
    started = next((event for event in events if event.get("EventType") in kinds), None)
    if started is None:
        raise SimulationError("the history has no ExecutionStarted event")
    instance = started.get("OrchestrationInstance") or {}
    instance_id = str(instance.get("InstanceId", "simulation"))
    return json_text(started.get("Input")), instance_id, from_text(started["Timestamp"])


def json_text(value: Any) -> str | None:
    """Write as JSON text what is that already in one form of a history, and a value in another."""
    if value is None:
        return None
    if isinstance(value, str):
        try:
            json.loads(value)
            return value
        except ValueError:
            pass
    return json.dumps(value)


def still_pending(events: Sequence[Event]) -> list[Scheduled]:
    """List what a history has scheduled and not heard of again."""
    pending = [scheduled(event) for event in events if event["EventType"] in SCHEDULING]
    for event in events:
        pending = still_without(pending, event)
    return [each for each in pending if each.kind != EventType.EVENT_SENT or called(each)]


def still_without(pending: Sequence[Scheduled], event: Event) -> list[Scheduled]:
    """List what is pending and not done by an event."""
    done = event.get("TaskScheduledId", event.get("TimerId"))
    return [each for each in pending if each.id != done and not is_answered_by(each, event)]


def scheduled(event: Event) -> Scheduled:
    """Give what an event of a history has scheduled."""
    written = event.get("Input")
    is_sent = event["EventType"] == EventType.EVENT_SENT
    return Scheduled(
        EventType(event["EventType"]),
        event["EventId"],
        event.get("Name") or "",
        written if is_sent or not written else json.loads(written)[0],
        event.get("InstanceId"),
        from_text(event["FireAt"]) if "FireAt" in event else None,
    )
