"""Runs one orchestration in memory: the SDK's own executor, under the durable extension's rules."""

import json
import warnings
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from functions_emulator.durable.answer import BadAnswer, parse, parse_failure
from functions_emulator.durable.clock import from_text, to_text
from functions_emulator.durable.context import Scheduled
from functions_emulator.durable.events import (
    Event,
    EventType,
    Recorded,
    event_raised,
    execution_started,
    make,
    record,
    task_completed,
    task_failed,
)
from functions_emulator.durable.instance import PENDING, Instance, Status
from functions_emulator.durable.known import KnownFunctions
from functions_emulator.durable.trigger import new_events, trigger_body
from functions_emulator.durable.turn import conclude, fail

Orchestrator = Callable[[str], str]
MOST_TURNS = 200


class Everything:
    """A set of names that holds every name."""

    def __contains__(self, name: object) -> bool:
        return True


class Simulation:
    """One orchestration, turn by turn; events given together are processed in one turn."""

    def __init__(
        self,
        orchestrator: Orchestrator,
        data: Any,
        instance_id: str = "order-1",
        version: str | None = None,
    ) -> None:
        self.now = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
        self.pending: list[Scheduled] = []
        self.turns = 0
        self.actions: list[Any] = []
        self._orchestrator = orchestrator
        text = None if data is None else json.dumps(data)
        self._instance = _instance(instance_id, text)
        self.turn(execution_started(self.now, "PlaceOrder", text, instance_id, "e1", version))

    @classmethod
    def resumed(cls, orchestrator: Orchestrator, stored: dict[str, Any]) -> "Simulation":
        """Go on where `store` stopped, with the orchestrator of today."""
        order = cls.__new__(cls)
        order.now = from_text(stored["now"])
        order.turns = 0
        order.actions = []
        order._orchestrator = orchestrator
        history = [record(event) for event in stored["history"]]
        started = stored["history"][1]
        order._instance = _instance(
            started["OrchestrationInstance"]["InstanceId"], started["Input"], history
        )
        order._instance.status.custom_status = json.dumps(stored["customStatus"])
        order.pending = _pending(stored["history"])
        return order

    def store(self) -> dict[str, Any]:
        """Everything that a running order is, as the platform keeps it between two turns."""
        return {
            "now": to_text(self.now),
            "customStatus": self.custom_status,
            "actions": self.actions,
            "history": [each.event for each in self._instance.history],
        }

    @property
    def runtime_status(self) -> str:
        return self._instance.status.runtime_status

    @property
    def custom_status(self) -> dict[str, Any]:
        return json.loads(self._instance.status.custom_status or "{}")

    @property
    def stage(self) -> str:
        return str(self.custom_status.get("stage"))

    @property
    def output(self) -> Any:
        return json.loads(self._instance.status.output or "null")

    @property
    def waits_for(self) -> list[str]:
        """The activities under way."""
        return [each.name for each in self.pending if each.kind == EventType.TASK_SCHEDULED]

    def turn(self, *events: Event) -> None:
        """Process events in one turn."""
        self.turns += 1
        assert self.turns < MOST_TURNS, "the orchestration spins"
        new = new_events([record(event) for event in events], self.now)
        body = trigger_body(self._instance, new)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                answer = parse(self._orchestrator(body))
                self.actions = list(answer.actions)
        except Exception as error:
            try:
                answer = parse_failure(str(error))
            except BadAnswer as reason:
                result = fail(self._instance, new, str(reason), self.now)
                self._instance.status = result.status
                return
        known = KnownFunctions(Everything(), Everything())
        result = conclude(self._instance, new, answer, self.now, known)
        self._instance.status = result.status
        self._instance.history.extend(result.events)
        self.pending += result.scheduled

    def completed(self, name: str, result: Any) -> Event:
        """The event of an activity under way that succeeds."""
        return task_completed(self.now, self._take(name).id, json.dumps(result))

    def failed(self, name: str, reason: str) -> Event:
        """The event of an activity under way that fails."""
        return task_failed(self.now, self._take(name).id, reason, None)

    def raised(self, name: str, text: str = "null") -> Event:
        """The event of an external event; `text` is its data as JSON text."""
        return event_raised(self.now, name, text)

    def complete(self, name: str, result: Any) -> None:
        self.turn(self.completed(name, result))

    def fail(self, name: str, reason: str = "boom") -> None:
        self.turn(self.failed(name, reason))

    def raise_event(self, name: str, text: str = "null") -> None:
        self.turn(self.raised(name, text))

    def wait(self, **duration: float) -> None:
        """Let time pass; each timer that is due by then fires in a turn of its own."""
        end = self.now + timedelta(**duration)
        while True:
            due = [
                each
                for each in self.pending
                if each.kind == EventType.TIMER_CREATED and each.fire_at and each.fire_at <= end
            ]
            if not due:
                break
            timer = min(due, key=lambda each: (each.fire_at, each.id))
            self.pending.remove(timer)
            assert timer.fire_at is not None
            self.now = max(self.now, timer.fire_at)
            self.turn(make(EventType.TIMER_FIRED, self.now, TimerId=timer.id))
        self.now = end

    def input_of(self, name: str) -> Any:
        """What the activity under way was called with."""
        scheduled = next(each for each in self.pending if each.name == name)
        return json.loads(scheduled.input or "null")

    def _take(self, name: str) -> Scheduled:
        scheduled = next((each for each in self.pending if each.name == name), None)
        assert scheduled is not None, f"{name} is not under way, but {self.waits_for}"
        self.pending.remove(scheduled)
        return scheduled


def _instance(instance_id: str, text: str | None, history: Sequence[Recorded] = ()) -> Instance:
    status = Status(instance_id, "e1", "PlaceOrder", None, text, None, None, PENDING, "", "")
    return Instance(status, history=list(history))


def _pending(history: Sequence[Event]) -> list[Scheduled]:
    """What a history has scheduled and not heard of again."""
    done = {event.get("TaskScheduledId", event.get("TimerId")) for event in history}
    kinds = (EventType.TASK_SCHEDULED, EventType.TIMER_CREATED)
    return [
        Scheduled(
            EventType(event["EventType"]),
            event["EventId"],
            event.get("Name", ""),
            json.loads(event["Input"])[0] if "Input" in event else None,
            None,
            from_text(event["FireAt"]) if "FireAt" in event else None,
        )
        for event in history
        if event["EventType"] in kinds and event["EventId"] not in done
    ]
