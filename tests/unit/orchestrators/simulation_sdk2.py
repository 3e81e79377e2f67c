"""functions_emulator.simulation, as far as needed here, for azure-functions-durable 2.x.

That engine speaks protobuf.
"""

import base64
import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import azure.durable_functions as df
from durabletask.internal import helpers
from durabletask.internal.orchestrator_service_pb2 import (
    ORCHESTRATION_STATUS_COMPLETED,
    HistoryEvent,
    OrchestratorAction,
    OrchestratorRequest,
    OrchestratorResponse,
)

MOST_TURNS = 200


@dataclass(frozen=True)
class Scheduled:
    """An activity, or without a name a timer, that was scheduled and has not come back."""

    id: int
    name: str
    input: str | None
    fire_at: datetime | None


class Simulation:
    """One orchestration, turn by turn; events given together are processed in one turn."""

    def __init__(
        self,
        orchestrator: Any,
        data: Any,
        *,
        instance_id: str = "simulation",
        version: str | None = None,
        now: datetime,
    ) -> None:
        self.now = now
        self.pending: list[Scheduled] = []
        self.turns = 0
        self.status = "Running"
        self.custom_status: dict[str, Any] = {}
        self.output: Any = None
        # The function that the host calls is a coroutine; this one is the same without a loop.
        function = orchestrator.build()
        code = function.get_user_function().orchestrator_function
        self._handle = df.Orchestrator.create(code)
        self._instance_id = instance_id
        self._history: list[HistoryEvent] = []
        text = None if data is None else json.dumps(data)
        started = helpers.new_execution_started_event(
            function.get_function_name(), instance_id, text, version=version
        )
        self.turn(started)

    @property
    def waits_for(self) -> list[str]:
        """The activities under way."""
        return [each.name for each in self.pending if each.name]

    def turn(self, *events: HistoryEvent) -> None:
        """Process events in one turn."""
        self.turns += 1
        assert self.turns < MOST_TURNS, "the orchestration spins"
        started = helpers.new_orchestrator_started_event(self.now.replace(tzinfo=None))
        new = [started, *events]
        request = OrchestratorRequest(
            instanceId=self._instance_id, pastEvents=self._history, newEvents=new
        )
        body = base64.b64encode(request.SerializeToString()).decode()
        response = OrchestratorResponse()
        response.ParseFromString(base64.b64decode(self._handle(body)))
        self._history += new
        if response.customStatus.value:
            self.custom_status = json.loads(response.customStatus.value)
        for action in response.actions:
            self._do(action)

    def _do(self, action: OrchestratorAction) -> None:
        if action.HasField("scheduleTask"):
            task = action.scheduleTask
            self.pending.append(Scheduled(action.id, task.name, task.input.value, None))
            event = helpers.new_task_scheduled_event(action.id, task.name, task.input.value)
        elif action.HasField("createTimer"):
            fire_at = action.createTimer.fireAt.ToDatetime()
            self.pending.append(
                Scheduled(action.id, "", None, fire_at.replace(tzinfo=timezone.utc))
            )
            event = helpers.new_timer_created_event(action.id, fire_at)
        else:
            end = action.completeOrchestration
            done = end.orchestrationStatus == ORCHESTRATION_STATUS_COMPLETED
            self.status = "Completed" if done else "Failed"
            self.output = (
                json.loads(end.result.value or "null") if done else end.failureDetails.errorMessage
            )
            return
        self._history.append(event)

    def completed(self, name: str, result: Any) -> HistoryEvent:
        """The event of an activity under way that succeeds."""
        return helpers.new_task_completed_event(self._take(name).id, json.dumps(result))

    def failed(self, name: str, reason: str) -> HistoryEvent:
        """The event of an activity under way that fails."""
        return helpers.new_task_failed_event(self._take(name).id, Exception(reason))

    def raised(self, name: str, data: Any = None) -> HistoryEvent:
        """The event of an external event."""
        return helpers.new_event_raised_event(name, json.dumps(data))

    def answer(self, name: str, result: Any) -> None:
        self.turn(self.completed(name, result))

    def fail(self, name: str, reason: str = "boom") -> None:
        self.turn(self.failed(name, reason))

    def raise_event(self, name: str, data: Any = None) -> None:
        self.turn(self.raised(name, data))

    def advance(self, **duration: float) -> None:
        """Let time pass; each timer that is due by then fires in a turn of its own."""
        end = self.now + timedelta(**duration)
        while due := [each for each in self.pending if each.fire_at and each.fire_at <= end]:
            timer = min(due, key=lambda each: (each.fire_at, each.id))
            self.pending.remove(timer)
            assert timer.fire_at is not None
            self.now = max(self.now, timer.fire_at)
            fire_at = timer.fire_at.replace(tzinfo=None)
            self.turn(helpers.new_timer_fired_event(timer.id, fire_at))
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
