"""History events as protobuf messages.

Source: durable-extension ProtobufUtils.cs, ToHistoryEventProto.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from durabletask.internal import orchestrator_service_pb2 as pb

from functions_emulator.durable.events import Event, EventType
from functions_emulator.durable.instance import COMPLETED, FAILED, TERMINATED
from functions_emulator.durable.protobuf.values import failure, string, timestamp

_STATUSES = {
    COMPLETED: pb.ORCHESTRATION_STATUS_COMPLETED,
    FAILED: pb.ORCHESTRATION_STATUS_FAILED,
    TERMINATED: pb.ORCHESTRATION_STATUS_TERMINATED,
}


def history_event(event: Event) -> pb.HistoryEvent:
    """Write an event of a history."""
    field, write = _WRITERS[EventType(event["EventType"])]
    return pb.HistoryEvent(
        eventId=event["EventId"],
        timestamp=timestamp(event["Timestamp"]),
        **{field: write(event)},
    )


def _instance(written: Mapping[str, Any] | None) -> pb.OrchestrationInstance:
    found = written or {}
    return pb.OrchestrationInstance(
        instanceId=found.get("InstanceId") or "", executionId=string(found.get("ExecutionId"))
    )


def _parent(written: Mapping[str, Any] | None) -> pb.ParentInstanceInfo | None:
    if written is None:
        return None
    return pb.ParentInstanceInfo(
        taskScheduledId=written["TaskScheduleId"],
        name=string(written.get("Name")),
        version=string(written.get("Version") or None),
        orchestrationInstance=_instance(written["OrchestrationInstance"]),
    )


def _started(event: Event) -> pb.ExecutionStartedEvent:
    return pb.ExecutionStartedEvent(
        name=event["Name"],
        version=string(event.get("Version") or None),
        input=string(event.get("Input")),
        orchestrationInstance=_instance(event.get("OrchestrationInstance")),
        parentInstance=_parent(event.get("ParentInstance")),
    )


def _ended(event: Event) -> pb.ExecutionCompletedEvent:
    return pb.ExecutionCompletedEvent(
        orchestrationStatus=_STATUSES[event["OrchestrationStatus"]],
        result=string(event.get("Result")),
        failureDetails=failure(event.get("FailureDetails")),
    )


def _scheduled(event: Event) -> pb.TaskScheduledEvent:
    return pb.TaskScheduledEvent(
        name=event["Name"],
        version=string(event.get("Version") or None),
        input=string(event.get("Input")),
    )


def _child_created(event: Event) -> pb.SubOrchestrationInstanceCreatedEvent:
    return pb.SubOrchestrationInstanceCreatedEvent(
        instanceId=event["InstanceId"],
        name=event["Name"],
        version=string(event.get("Version") or None),
        input=string(event.get("Input")),
    )


def _completed(kind: Callable[..., Any]) -> Callable[[Event], Any]:
    return lambda event: kind(
        taskScheduledId=event["TaskScheduledId"], result=string(event.get("Result"))
    )


def _failed(kind: Callable[..., Any]) -> Callable[[Event], Any]:
    return lambda event: kind(
        taskScheduledId=event["TaskScheduledId"],
        failureDetails=failure(event.get("FailureDetails")),
    )


def _with_input(kind: Callable[..., Any], key: str) -> Callable[[Event], Any]:
    return lambda event: kind(input=string(_plain(event.get(key))))


def _plain(value: Any) -> str | None:
    return None if value is None else str(value)


_WRITERS: dict[EventType, tuple[str, Callable[[Event], Any]]] = {
    EventType.EXECUTION_STARTED: ("executionStarted", _started),
    EventType.EXECUTION_COMPLETED: ("executionCompleted", _ended),
    EventType.EXECUTION_TERMINATED: (
        "executionTerminated",
        _with_input(pb.ExecutionTerminatedEvent, "Input"),
    ),
    EventType.TASK_SCHEDULED: ("taskScheduled", _scheduled),
    EventType.TASK_COMPLETED: ("taskCompleted", _completed(pb.TaskCompletedEvent)),
    EventType.TASK_FAILED: ("taskFailed", _failed(pb.TaskFailedEvent)),
    EventType.SUB_ORCHESTRATION_CREATED: ("subOrchestrationInstanceCreated", _child_created),
    EventType.SUB_ORCHESTRATION_COMPLETED: (
        "subOrchestrationInstanceCompleted",
        _completed(pb.SubOrchestrationInstanceCompletedEvent),
    ),
    EventType.SUB_ORCHESTRATION_FAILED: (
        "subOrchestrationInstanceFailed",
        _failed(pb.SubOrchestrationInstanceFailedEvent),
    ),
    EventType.TIMER_CREATED: (
        "timerCreated",
        lambda event: pb.TimerCreatedEvent(fireAt=timestamp(event["FireAt"])),
    ),
    EventType.TIMER_FIRED: (
        "timerFired",
        lambda event: pb.TimerFiredEvent(
            fireAt=timestamp(event["FireAt"]), timerId=event["TimerId"]
        ),
    ),
    EventType.ORCHESTRATOR_STARTED: (
        "orchestratorStarted",
        lambda event: pb.OrchestratorStartedEvent(),
    ),
    EventType.ORCHESTRATOR_COMPLETED: (
        "orchestratorCompleted",
        lambda event: pb.OrchestratorCompletedEvent(),
    ),
    EventType.EVENT_SENT: (
        "eventSent",
        lambda event: pb.EventSentEvent(
            instanceId=event["InstanceId"], name=event["Name"], input=string(event.get("Input"))
        ),
    ),
    EventType.EVENT_RAISED: (
        "eventRaised",
        lambda event: pb.EventRaisedEvent(name=event["Name"], input=string(event.get("Input"))),
    ),
    # What a rewind has blotted out is one too, whatever it was before.
    EventType.GENERIC_EVENT: (
        "genericEvent",
        lambda event: pb.GenericEvent(data=string(_plain(event.get("Data")))),
    ),
    EventType.EXECUTION_SUSPENDED: (
        "executionSuspended",
        _with_input(pb.ExecutionSuspendedEvent, "Reason"),
    ),
    EventType.EXECUTION_RESUMED: (
        "executionResumed",
        _with_input(pb.ExecutionResumedEvent, "Reason"),
    ),
}
