"""Hand-made actions and histories."""

from datetime import datetime, timedelta, timezone
from typing import Any

from functions_emulator.durable.actions import Action, ActionType
from functions_emulator.durable.clock import to_text
from functions_emulator.durable.events import Event, EventType
from functions_emulator.durable.known import KnownFunctions
from functions_emulator.durable.replay import Replayed, replay

START = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
KNOWN = KnownFunctions({"check", "pay"}, {"child"})


def activity(name: str = "Check", text: str = "1") -> Action:
    return {"actionType": ActionType.CALL_ACTIVITY, "functionName": name, "input": text}


def retried(name: str = "Check", attempts: int = 2, interval: int = 1000) -> Action:
    options = {"firstRetryIntervalInMilliseconds": interval, "maxNumberOfAttempts": attempts}
    kind = ActionType.CALL_ACTIVITY_WITH_RETRY
    return {"actionType": kind, "functionName": name, "input": "1", "retryOptions": options}


def child(name: str = "Child", instance_id: str | None = None) -> Action:
    kind = ActionType.CALL_SUB_ORCHESTRATOR
    return {"actionType": kind, "functionName": name, "input": "1", "instanceId": instance_id}


def wait(name: str = "Proceed") -> Action:
    return {"actionType": ActionType.WAIT_FOR_EXTERNAL_EVENT, "externalEventName": name}


def timer(seconds: float = 60, cancelled: bool = False) -> Action:
    fire_at = to_text(START + timedelta(seconds=seconds))
    return {"actionType": ActionType.CREATE_TIMER, "fireAt": fire_at, "isCanceled": cancelled}


def any_of(*actions: Action) -> Action:
    return {"actionType": ActionType.WHEN_ANY, "compoundActions": list(actions)}


def all_of(*actions: Action) -> Action:
    return {"actionType": ActionType.WHEN_ALL, "compoundActions": list(actions)}


def as_new(text: str = "2") -> Action:
    return {"actionType": ActionType.CONTINUE_AS_NEW, "input": text}


def event(kind: EventType, event_id: int = -1, **fields: Any) -> Event:
    return {"EventType": int(kind), "EventId": event_id, **fields}


def turn(seconds: float = 0) -> Event:
    when = to_text(START + timedelta(seconds=seconds))
    return event(EventType.ORCHESTRATOR_STARTED, Timestamp=when)


def started() -> list[Event]:
    return [turn(), event(EventType.EXECUTION_STARTED)]


def scheduled(id_: int, name: str = "Check") -> Event:
    return event(EventType.TASK_SCHEDULED, id_, Name=name)


def child_created(id_: int, name: str = "Child") -> Event:
    return event(EventType.SUB_ORCHESTRATION_CREATED, id_, Name=name)


def timer_created(id_: int) -> Event:
    return event(EventType.TIMER_CREATED, id_)


def completed(id_: int) -> Event:
    return event(EventType.TASK_COMPLETED, TaskScheduledId=id_)


def failed(id_: int) -> Event:
    return event(EventType.TASK_FAILED, TaskScheduledId=id_)


def fired(id_: int) -> Event:
    return event(EventType.TIMER_FIRED, TimerId=id_)


def raised(name: str = "Proceed") -> Event:
    return event(EventType.EVENT_RAISED, Name=name)


SUSPENDED = event(EventType.EXECUTION_SUSPENDED)
RESUMED = event(EventType.EXECUTION_RESUMED)


def run(actions: list[Action], *history: Event) -> Replayed:
    return replay(actions, [*started(), *history], KNOWN)


def names(replayed: Replayed) -> list[tuple[int, str]]:
    """What is newly scheduled: its sequence id and its name (timers have none)."""
    return [(each.id, each.name) for each in replayed.scheduled]
