"""An orchestration between two turns, and its next turn."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from functions_emulator.durable.answer import BadAnswer, parse, parse_failure
from functions_emulator.durable.clock import to_text
from functions_emulator.durable.context import Scheduled
from functions_emulator.durable.decision import Decision
from functions_emulator.durable.events import (
    Event,
    EventType,
    Recorded,
    execution_started,
    make,
    record,
)
from functions_emulator.durable.instance import PENDING, Instance, Status
from functions_emulator.durable.json_orchestrators import decide, raised
from functions_emulator.durable.known import KnownFunctions
from functions_emulator.durable.trigger import new_events, trigger_body
from functions_emulator.durable.turn import TurnResult, conclude
from functions_emulator.simulation import deadline
from functions_emulator.simulation.entities import called, input_of, name_of, request_of
from functions_emulator.simulation.errors import SimulationError
from functions_emulator.simulation.orchestrators import handle_of
from functions_emulator.testing import answers

# A failure is shown where the test is, not here.
__tracebackhide__ = True

MOST_TURNS = 1000
CALLS = (EventType.TASK_SCHEDULED, EventType.SUB_ORCHESTRATION_CREATED)
_EXECUTION = "execution-1"


class Everything(Collection[str]):
    """A set of names that holds every name, and lists none."""

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


_KNOWN = KnownFunctions(Everything(), Everything(), Everything())


class Execution:
    """Hold an orchestration that has taken no turn yet, and take it through its turns.

    `pending` is what it has scheduled and not heard of; `awaited_events` are names in lower case;
    `signals` are what it has told entities without waiting, each with its input; `left_open` is
    what keeps an orchestrator that has returned from its end; `actions` is what the SDK answered
    last.
    """

    def __init__(
        self,
        orchestrator: Any,
        input_text: str | None,
        instance_id: str,
        now: datetime,
        timeout: float | None,
    ) -> None:
        self.now = now
        self.turns = 0
        self.pending: list[Scheduled] = []
        self.actions: list[Any] = []
        self.awaited_events: list[str] = []
        self.signals: list[tuple[str, Any]] = []
        self.left_open: list[Scheduled] = []
        self.name, self._handle = handle_of(orchestrator)
        self._timeout = timeout
        status = Status(
            instance_id, _EXECUTION, self.name, None, input_text, None, None, PENDING, "", ""
        )
        self._instance = Instance(status)

    @property
    def status(self) -> str:
        """Tell the runtime status: Running, Completed or Failed."""
        return self._instance.status.runtime_status

    @property
    def custom_status(self) -> Any:
        """Give what the orchestrator has set with `set_custom_status`."""
        return json.loads(self._instance.status.custom_status or "null")

    @property
    def output(self) -> Any:
        """Give what it returned, or why it failed; None before its end."""
        return json.loads(self._instance.status.output or "null")

    @property
    def history(self) -> list[Event]:
        """Give the events of its current execution, as the extension hands them to the SDK."""
        return [each.event for each in self._instance.history]

    @property
    def waits_for(self) -> list[str]:
        """Name the activities, sub-orchestrations and calls of entities under way.

        A call of an entity has a name such as `@counter@key/add`.
        """
        return [name_of(each) for each in self.pending if each.kind != EventType.TIMER_CREATED]

    def input_of(self, name: str) -> Any:
        """Give what the activity under way was called with."""
        scheduled = self.under_way(name)
        request = request_of(scheduled)
        return input_of(request) if request else answers.from_text(_text(scheduled.input))

    def store(self) -> dict[str, Any]:
        """Give everything that a running instance is, as JSON: for `resumed` and `replay`."""
        return {
            "now": to_text(self.now),
            "customStatus": self.custom_status,
            "actions": self.actions,
            "history": self.history,
        }

    def begin(self, version: str | None) -> None:
        """Take the first turn."""
        status = self._instance.status
        self.turn(
            execution_started(
                self.now, self.name, status.input, status.instance_id, _EXECUTION, version
            )
        )

    def turn(self, *events: Event) -> None:
        """Process events in one turn. What has ended hears of nothing."""
        if self._instance.status.ended:
            return
        self.turns += 1
        if self.turns > MOST_TURNS:
            raise SimulationError(f"{self.name} has taken {MOST_TURNS} turns: it spins")
        result = self.ask(events)
        self.apply(result, result.events)
        if result.restart is not None:
            self.turn(*result.restart)

    def ask(self, events: Iterable[Event]) -> TurnResult:
        """Tell what a turn with these events would come to."""
        new = new_events([record(event) for event in events], self.now)
        body = trigger_body(self._instance, new)
        try:
            answer = parse(deadline.call(self._handle, body, self.name, self._timeout))
        except SimulationError:
            raise
        except Exception as error:  # the SDK hands its state over in the text of an exception
            try:
                answer = parse_failure(str(error))
            except BadAnswer as reason:
                failed = Decision(ending=raised(self.name, str(reason)))
                return conclude(self._instance, new, failed, self.now)
        self.actions = list(answer.actions)
        decision = decide(self._instance, new, answer, _KNOWN)
        return conclude(self._instance, new, decision, self.now)

    def apply(self, result: TurnResult, events: Iterable[Recorded]) -> None:
        """Take on what a turn has come to; `events` are those for the history."""
        instance = self._instance
        instance.status = result.status
        self.left_open = result.left_open
        self._note_signals(result.scheduled)
        if result.restart is not None or instance.status.ended:
            self.pending.clear()
        if result.restart is not None:
            instance.history.clear()
            return
        instance.history.extend(events)
        if not instance.status.ended:
            kinds = (*CALLS, EventType.TIMER_CREATED)
            self.pending += [e for e in result.scheduled if e.kind in kinds or called(e)]
        requests = [request.id.lower() for each in self.pending if (request := called(each))]
        self.awaited_events = [each for each in result.awaited_events if each not in requests]

    def _note_signals(self, scheduled: Iterable[Scheduled]) -> None:
        for each in scheduled:
            request = request_of(each)
            if request is not None and request.is_signal:
                self.signals.append((name_of(each), input_of(request)))

    def next_timer(self, end: datetime | None = None) -> Scheduled | None:
        """Give the timer that is due next, if it is due until `end`."""
        timers = [(each.fire_at, each.id, each) for each in self.pending if each.fire_at]
        due = [timer for timer in timers if end is None or timer[0] <= end]
        return min(due)[2] if due else None

    def fire(self, timer: Scheduled) -> None:
        """Let time pass until a timer is due, and fire that one."""
        assert timer.fire_at is not None
        self.pending.remove(timer)
        self.now = max(self.now, timer.fire_at)
        fire_at = to_text(timer.fire_at)
        self.turn(make(EventType.TIMER_FIRED, self.now, TimerId=timer.id, FireAt=fire_at))

    def under_way(self, name: str) -> Scheduled:
        """Give the activity under way; of several of the name, the one called first."""
        for each in self.pending:
            is_call = each.kind != EventType.TIMER_CREATED
            if is_call and name_of(each).lower() == name.lower():
                return each
        raise SimulationError(
            f"{name} is not under way, but {', '.join(self.waits_for) or 'nothing'}"
        )

    def take(self, name: str) -> Scheduled:
        """Give the activity under way, which is so no more."""
        scheduled = self.under_way(name)
        self.pending.remove(scheduled)
        return scheduled


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)
