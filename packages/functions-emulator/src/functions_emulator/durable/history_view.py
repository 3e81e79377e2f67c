"""The history as a status query shows it: each task once, with its result where asked for.

Source: durable-extension DurableClient.cs, GetDurableOrchestrationStatusAsync.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from functions_emulator.durable.events import Event, EventType, Recorded
from functions_emulator.durable.payloads import from_json_text

_NAMES = {
    EventType.EXECUTION_STARTED: "ExecutionStarted",
    EventType.EXECUTION_COMPLETED: "ExecutionCompleted",
    EventType.EXECUTION_TERMINATED: "ExecutionTerminated",
    EventType.TASK_SCHEDULED: "TaskScheduled",
    EventType.TASK_COMPLETED: "TaskCompleted",
    EventType.TASK_FAILED: "TaskFailed",
    EventType.SUB_ORCHESTRATION_CREATED: "SubOrchestrationInstanceCreated",
    EventType.SUB_ORCHESTRATION_COMPLETED: "SubOrchestrationInstanceCompleted",
    EventType.SUB_ORCHESTRATION_FAILED: "SubOrchestrationInstanceFailed",
    EventType.TIMER_CREATED: "TimerCreated",
    EventType.TIMER_FIRED: "TimerFired",
    EventType.EVENT_SENT: "EventSent",
    EventType.EVENT_RAISED: "EventRaised",
    EventType.GENERIC_EVENT: "GenericEvent",
    EventType.EXECUTION_SUSPENDED: "ExecutionSuspended",
    EventType.EXECUTION_RESUMED: "ExecutionResumed",
}
_TURNS = (EventType.ORCHESTRATOR_STARTED, EventType.ORCHESTRATOR_COMPLETED)
_SCHEDULED = (EventType.TASK_SCHEDULED, EventType.SUB_ORCHESTRATION_CREATED)
_TASK_ENDS = (
    EventType.TASK_COMPLETED,
    EventType.TASK_FAILED,
    EventType.SUB_ORCHESTRATION_COMPLETED,
    EventType.SUB_ORCHESTRATION_FAILED,
)
# What the extension removes, by kind of event; EventId and IsPlayed always.
_HIDDEN: dict[EventType, tuple[str, ...]] = {
    EventType.TASK_SCHEDULED: ("Version",),
    EventType.SUB_ORCHESTRATION_CREATED: ("Version",),
    EventType.EXECUTION_STARTED: (
        "Name",
        "OrchestrationInstance",
        "ParentInstance",
        "Version",
        "Tags",
    ),
    EventType.TIMER_FIRED: ("TimerId",),
}


def shown(history: Iterable[Recorded], show_output: bool, show_input: bool) -> list[dict[str, Any]]:
    """Give the events to show; a scheduled task disappears once its end is there."""
    events = [recorded.event for recorded in history]
    scheduled = {e["EventId"]: e for e in events if e["EventType"] in _SCHEDULED}
    ended = {e["TaskScheduledId"] for e in events if e["EventType"] in _TASK_ENDS}
    return [
        _shown(event, scheduled, show_output, show_input)
        for event in events
        if event["EventType"] not in _TURNS
        and not (event["EventType"] in _SCHEDULED and event["EventId"] in ended)
    ]


def _shown(
    event: Event, scheduled: dict[int, Event], show_output: bool, show_input: bool
) -> dict[str, Any]:
    kind = EventType(event["EventType"])
    hidden = {"EventId", *_HIDDEN.get(kind, ())}
    view = {key: value for key, value in event.items() if key not in hidden}
    view["EventType"] = _NAMES[kind]
    if kind in _TASK_ENDS:
        origin = scheduled.get(view.pop("TaskScheduledId"))
        if origin is not None:
            view["ScheduledTime"] = origin["Timestamp"]
            view["FunctionName"] = origin["Name"]
            view["Input"] = origin["Input"]
    elif kind == EventType.EXECUTION_STARTED:
        view["FunctionName"] = event["Name"]
    if "Result" in view:
        if show_output:
            view["Result"] = from_json_text(view["Result"])
        else:
            del view["Result"]
    if not show_input:
        view.pop("Input", None)
    return view
