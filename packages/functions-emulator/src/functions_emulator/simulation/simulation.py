"""An orchestration turn by turn, with the test in place of the world."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from functions_emulator.durable.activities import describe_failure
from functions_emulator.durable.clock import from_text
from functions_emulator.durable.entities.messages import response_event
from functions_emulator.durable.events import (
    Event,
    EventType,
    event_raised,
    record,
    sub_orchestration_completed,
    sub_orchestration_failed,
    task_completed,
    task_failed,
)
from functions_emulator.durable.turn_log import left_open
from functions_emulator.failures import FunctionError
from functions_emulator.simulation.entities import request_of
from functions_emulator.simulation.errors import SimulationError
from functions_emulator.simulation.execution import Execution
from functions_emulator.simulation.replaying import replay_turns, replay_view
from functions_emulator.simulation.stored import events_of, started_of, still_pending
from functions_emulator.testing import answers

# A failure is shown where the test is, not here.
__tracebackhide__ = True

START = datetime(2026, 1, 1, 12, 0, tzinfo=timezone.utc)
TIMEOUT = 10.0


class Simulation(Execution):
    """One orchestration. It takes its first turn at once; each method below takes more.

    `activities` says what `run` answers, by name, for activities, sub-orchestrations and calls of
    entities (`@counter@key/add`): a value, an exception to raise, or a function of the input.
    `timeout` limits each turn, in seconds; with None a turn runs in the test's own thread, as a
    debugger likes it.
    """

    def __init__(
        self,
        orchestrator: Any,
        input: Any = None,
        *,
        activities: Mapping[str, Any] | None = None,
        instance_id: str = "simulation",
        version: str | None = None,
        now: datetime = START,
        timeout: float | None = TIMEOUT,
    ) -> None:
        # The client of SDK 1.x encodes twice (durable-python#295), and its orchestrators expect it.
        text = None if input is None else json.dumps(json.dumps(input))
        self._prepare(orchestrator, text, instance_id, now, activities, timeout)
        self.begin(version)

    def _prepare(
        self,
        orchestrator: Any,
        input_text: str | None,
        instance_id: str,
        now: datetime,
        activities: Mapping[str, Any] | None = None,
        timeout: float | None = TIMEOUT,
    ) -> None:
        Execution.__init__(self, orchestrator, input_text, instance_id, now, timeout)
        self._activities = {name.lower(): (name, each) for name, each in (activities or {}).items()}

    @classmethod
    def resumed(
        cls,
        orchestrator: Any,
        stored: Mapping[str, Any],
        *,
        activities: Mapping[str, Any] | None = None,
        timeout: float | None = TIMEOUT,
    ) -> Simulation:
        """Go on where `store` stopped, with the orchestrator of today."""
        events, _ = events_of(stored)
        input_text, instance_id, _ = started_of(events)
        resumed = cls.__new__(cls)
        now = from_text(stored["now"])
        resumed._prepare(orchestrator, input_text, instance_id, now, activities, timeout)
        resumed._instance.history.extend(record(event) for event in events)
        resumed._instance.status.custom_status = json.dumps(stored["customStatus"])
        resumed.pending = still_pending(events)
        return resumed

    @classmethod
    def replay(cls, orchestrator: Any, history: Any) -> Simulation:
        """Check that the orchestrator of today does what a history says; go on from its end.

        `history` is what `store` gave, what the management API answers with `showHistory=true` and
        `showHistoryOutput=true`, the list of events in either, or JSON text of those.
        HistoryDiffers says where the code differs. The management API does not tell which events
        came in one turn: each is taken to have had its own.
        """
        events, is_view = events_of(history)
        input_text, instance_id, now = started_of(events)
        replayed = cls.__new__(cls)
        replayed._prepare(orchestrator, input_text, instance_id, now)
        (replay_view if is_view else replay_turns)(replayed, events)
        return replayed

    # One turn at a time.

    def answer(self, name: str, result: Any = None) -> None:
        """Let the activity under way succeed; of several of the name, the one called first."""
        self.turn(self.completed(name, result))

    def fail(self, name: str, reason: str | BaseException = "boom") -> None:
        """Let the activity under way fail; with an exception, as if it had raised that."""
        self.turn(self.failed(name, reason))

    def raise_event(self, name: str, data: Any = None, *, by_client: bool = False) -> None:
        """Send it an external event.

        By the management API the orchestrator gets `data` as it is; by the client of SDK 1.x,
        which encodes twice, it gets JSON text (durable-python#295).
        """
        self.turn(self.raised(name, data, by_client=by_client))

    def advance(self, duration: timedelta | None = None, **units: float) -> None:
        """Let time pass, such as `days=7`; each timer that is due fires in a turn of its own."""
        end = self.now + (duration or timedelta()) + timedelta(**units)
        while timer := self.next_timer(end):
            self.fire(timer)
        self.now = max(self.now, end)

    def run(self, skip_time: bool = True) -> Simulation:
        """Answer from `activities`, and fire timers when no activity is left, as far as it gets.

        It stops at the end, or where only an event gets it on; without `skip_time` at a timer.
        SimulationError for an activity that is not in `activities`, and for an orchestrator that
        has returned and left a timer open: its instance would stay Running.
        """
        while not self._instance.status.ended:
            if self.waits_for:
                self._answer_one(self.waits_for[0])
            elif self.left_open:
                raise SimulationError(f"{self.name} {left_open(self.left_open)}")
            elif skip_time and (timer := self.next_timer()):
                self.fire(timer)
            else:
                break
        return self

    # The events of a turn.

    def completed(self, name: str, result: Any = None) -> Event:
        """Make the event of an activity under way that succeeds; for `turn`."""
        called, text = self.take(name), answers.to_text(name, result)
        request = request_of(called)
        if request is not None:
            return response_event(self.now, request, text, failed=False)
        if called.kind == EventType.SUB_ORCHESTRATION_CREATED:
            return sub_orchestration_completed(self.now, called.id, text)
        return task_completed(self.now, called.id, text)

    def failed(self, name: str, reason: str | BaseException = "boom") -> Event:
        """Make the event of an activity under way that fails; for `turn`."""
        called, details = self.take(name), None
        request = request_of(called)
        if request is not None:
            return response_event(self.now, request, json.dumps(str(reason)), failed=True)
        if not isinstance(reason, str):
            reason, details, _ = describe_failure(called.name, FunctionError.of(reason))
        if called.kind == EventType.SUB_ORCHESTRATION_CREATED:
            return sub_orchestration_failed(self.now, called.id, reason, details)
        return task_failed(self.now, called.id, reason, details)

    def raised(self, name: str, data: Any = None, *, by_client: bool = False) -> Event:
        """Make the event of an external event; for `turn`."""
        text = json.dumps(data)
        return event_raised(self.now, name, json.dumps(text) if by_client else text)

    def _answer_one(self, name: str) -> None:
        if name.lower() not in self._activities:
            known = ", ".join(sorted(name for name, _ in self._activities.values())) or "none"
            raise SimulationError(
                f"{name} was called, and the simulation has no answer for it; known are {known}"
            )
        _, replacement = self._activities[name.lower()]
        try:
            result = answers.answer(replacement, self.input_of(name))
        except AssertionError:  # of the test, not of the activity
            raise
        except Exception as error:
            self.fail(name, error)
        else:
            self.answer(name, result)
