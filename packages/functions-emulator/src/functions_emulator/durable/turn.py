"""One turn of an orchestration: what a decision of its code comes to."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from functions_emulator.durable.clock import to_text
from functions_emulator.durable.context import Scheduled
from functions_emulator.durable.decision import ContinuedAsNew, Decision, Raised
from functions_emulator.durable.events import (
    Event,
    EventType,
    Recorded,
    execution_started,
    make,
    record,
    sub_orchestration_completed,
    sub_orchestration_failed,
)
from functions_emulator.durable.http.request import HTTP_ACTIVITY
from functions_emulator.durable.instance import (
    COMPLETED,
    FAILED,
    RUNNING,
    SUSPENDED,
    TERMINATED,
    Instance,
    Status,
)


@dataclass
class TurnResult:
    """Tell what a turn changes: events for the history, the new status, and what goes out.

    `restart` holds the events of a new execution after continue-as-new. `to_parent` is the event
    a parent waits for. `left_open`: what keeps an orchestrator that has returned from its end.
    """

    status: Status
    events: list[Recorded]
    scheduled: list[Scheduled] = field(default_factory=list)
    to_parent: Event | None = None
    restart: list[Event] | None = None
    unknown: list[str] = field(default_factory=list)
    left_open: list[Scheduled] = field(default_factory=list)
    awaited_events: list[str] = field(default_factory=list)


def conclude(
    instance: Instance, new: Sequence[Recorded], decision: Decision, now: datetime
) -> TurnResult:
    """Tell what a turn changes that has come to this decision."""
    status = replace(instance.status, updated=to_text(now))
    if decision.custom_status is not None:
        status.custom_status = decision.custom_status
    scheduled = [_with_instance_id(each, status.execution_id) for each in decision.scheduled]
    result = TurnResult(
        status,
        [*new, *(record(_event_of(each, now)) for each in scheduled)],
        unknown=decision.unknown,
        awaited_events=decision.awaited_events,
    )
    ending = decision.ending
    if ending is None:
        status.runtime_status = SUSPENDED if decision.suspended else RUNNING
        result.scheduled = scheduled
        result.left_open = decision.left_open
        return _close(result, now)
    # What outlives its execution goes out even with the end; for the rest nobody waits.
    result.scheduled = [each for each in scheduled if each.kind in decision.outlives]
    if isinstance(ending, Raised):
        return _end(instance, result, FAILED, json.dumps(ending.text), now, ending.details)
    if isinstance(ending, ContinuedAsNew):
        return _continue_as_new(instance, result, ending, now)
    return _end(instance, result, COMPLETED, ending.output, now)


def terminate(instance: Instance, new: Sequence[Recorded], now: datetime) -> TurnResult | None:
    """End an orchestration if it is being terminated; the user code is not asked."""
    for recorded in new:
        if recorded.event["EventType"] == EventType.EXECUTION_TERMINATED:
            status = replace(instance.status, updated=to_text(now))
            reason = recorded.event["Input"]
            output = None if reason is None else json.dumps(reason)
            return _end(instance, TurnResult(status, list(new)), TERMINATED, output, now)
    return None


def _end(
    instance: Instance,
    result: TurnResult,
    runtime_status: str,
    output: str | None,
    now: datetime,
    details: dict[str, Any] | None = None,
) -> TurnResult:
    status = result.status
    status.runtime_status = runtime_status
    status.output = output
    fields: dict[str, Any] = {"OrchestrationStatus": runtime_status, "Result": output}
    if details is not None:
        fields |= {"Result": None, "FailureDetails": details}
    result.events.append(record(make(EventType.EXECUTION_COMPLETED, now, **fields)))
    parent = instance.parent
    if parent is not None:
        if runtime_status == COMPLETED:
            result.to_parent = sub_orchestration_completed(now, parent.task_id, output)
        else:
            reason = None if output is None else json.loads(output)
            result.to_parent = sub_orchestration_failed(now, parent.task_id, reason, None, details)
    return _close(result, now)


def _continue_as_new(
    instance: Instance, result: TurnResult, ending: ContinuedAsNew, now: datetime
) -> TurnResult:
    status = result.status
    status.runtime_status = RUNNING
    status.execution_id = uuid.uuid4().hex
    status.input = ending.input
    status.version = ending.version or status.version
    status.created = to_text(now)
    parent = instance.parent.to_event(status.name) if instance.parent else None
    started = execution_started(
        now,
        status.name,
        status.input,
        status.instance_id,
        status.execution_id,
        status.version,
        parent,
    )
    result.restart = [started, *ending.carried_over]
    return result


def _close(result: TurnResult, now: datetime) -> TurnResult:
    result.events.append(record(make(EventType.ORCHESTRATOR_COMPLETED, now)))
    return result


def _with_instance_id(scheduled: Scheduled, execution_id: str) -> Scheduled:
    # durabletask: TaskOrchestrationContext.CreateSubOrchestrationInstanceCore
    if scheduled.kind == EventType.SUB_ORCHESTRATION_CREATED and not scheduled.instance_id:
        return scheduled._replace(instance_id=f"{execution_id}:{scheduled.id}")
    return scheduled


def _event_of(scheduled: Scheduled, now: datetime) -> Event:
    if scheduled.kind == EventType.TIMER_CREATED:
        assert scheduled.fire_at is not None
        return make(scheduled.kind, now, scheduled.id, FireAt=to_text(scheduled.fire_at))
    if scheduled.kind == EventType.EVENT_SENT:
        sent = {"InstanceId": scheduled.instance_id, "Name": scheduled.name}
        return make(scheduled.kind, now, scheduled.id, **sent, Input=scheduled.input)
    # An activity of the app has JSON text for its input, that of call_http an object.
    is_object = scheduled.name == HTTP_ACTIVITY
    arguments = f"[{scheduled.input}]" if is_object else json.dumps([scheduled.input])
    given = scheduled.input if scheduled.as_is else arguments
    fields = {"Name": scheduled.name, "Version": scheduled.version, "Input": given}
    if scheduled.kind == EventType.SUB_ORCHESTRATION_CREATED:
        assert scheduled.instance_id is not None
        fields["InstanceId"] = scheduled.instance_id
    return make(scheduled.kind, now, scheduled.id, **fields)
