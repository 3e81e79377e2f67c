"""History events, in the form the durable extension hands them to the SDK."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from functions_emulator.durable.clock import to_text

Event = dict[str, Any]


class EventType(IntEnum):
    """Name the kinds of history event (durabletask: src/DurableTask.Core/History/EventType.cs)."""

    EXECUTION_STARTED = 0
    EXECUTION_COMPLETED = 1
    EXECUTION_TERMINATED = 3
    TASK_SCHEDULED = 4
    TASK_COMPLETED = 5
    TASK_FAILED = 6
    SUB_ORCHESTRATION_CREATED = 7
    SUB_ORCHESTRATION_COMPLETED = 8
    SUB_ORCHESTRATION_FAILED = 9
    TIMER_CREATED = 10
    TIMER_FIRED = 11
    ORCHESTRATOR_STARTED = 12
    ORCHESTRATOR_COMPLETED = 13
    EVENT_SENT = 14
    EVENT_RAISED = 15
    GENERIC_EVENT = 17
    EXECUTION_SUSPENDED = 19
    EXECUTION_RESUMED = 20


@dataclass(frozen=True)
class Recorded:
    """Hold an event with its JSON text, so that neither is made twice."""

    event: Event
    text: str

    @property
    def played(self) -> str:
        """Give the text as a later turn sees it."""
        return '{"IsPlayed":true,' + self.text[1:]

    @property
    def new(self) -> str:
        """Give the text as the turn that processes it first sees it."""
        return '{"IsPlayed":false,' + self.text[1:]


def record(event: Event) -> Recorded:
    """Attach the JSON text to an event."""
    return Recorded(event, json.dumps(event, separators=(",", ":")))


def make(kind: EventType, when: datetime, event_id: int = -1, **fields: Any) -> Event:
    """Make an event; `event_id` is the sequence id of scheduled things and -1 for the rest."""
    return {
        "EventType": int(kind),
        "EventId": event_id,
        "Timestamp": to_text(when),
        **fields,
    }


def execution_started(
    when: datetime,
    name: str,
    input_text: str | None,
    instance_id: str,
    execution_id: str,
    version: str | None = None,
    parent: Event | None = None,
) -> Event:
    """Make the event that starts an execution; `input_text` is JSON text."""
    return make(
        EventType.EXECUTION_STARTED,
        when,
        Name=name,
        Version=version or "",
        Input=input_text,
        OrchestrationInstance={"InstanceId": instance_id, "ExecutionId": execution_id},
        ParentInstance=parent,
        Tags=None,
    )


def task_completed(when: datetime, task_id: int, result: str | None) -> Event:
    """Make the event of an activity that succeeded; `result` is JSON text."""
    return make(EventType.TASK_COMPLETED, when, TaskScheduledId=task_id, Result=result)


def task_failed(
    when: datetime,
    task_id: int,
    reason: str,
    details: str | None,
    failure: dict[str, Any] | None = None,
) -> Event:
    """Make the event of an activity that failed; `failure` is durabletask's FailureDetails."""
    fields: dict[str, Any] = {"TaskScheduledId": task_id, "Reason": reason, "Details": details}
    if failure is not None:
        fields["FailureDetails"] = failure
    return make(EventType.TASK_FAILED, when, **fields)


def sub_orchestration_completed(when: datetime, task_id: int, result: str | None) -> Event:
    """Make the event that tells a parent its sub-orchestration completed."""
    return make(EventType.SUB_ORCHESTRATION_COMPLETED, when, TaskScheduledId=task_id, Result=result)


def sub_orchestration_failed(
    when: datetime,
    task_id: int,
    reason: str | None,
    details: str | None,
    failure: dict[str, Any] | None = None,
) -> Event:
    """Make the event that tells a parent its sub-orchestration failed or was terminated."""
    fields: dict[str, Any] = {"TaskScheduledId": task_id, "Reason": reason, "Details": details}
    if failure is not None:
        fields["FailureDetails"] = failure
    return make(EventType.SUB_ORCHESTRATION_FAILED, when, **fields)


def event_raised(when: datetime, name: str, input_text: str | None) -> Event:
    """Make the event of an external event; `input_text` is JSON text."""
    return make(EventType.EVENT_RAISED, when, Name=name, Input=input_text)
