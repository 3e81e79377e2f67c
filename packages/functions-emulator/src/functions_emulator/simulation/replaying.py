"""Replay a stored history with the code of today, and say where they part."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from functions_emulator.durable.clock import from_text
from functions_emulator.durable.context import Scheduled
from functions_emulator.durable.events import Event, EventType, event_raised, record
from functions_emulator.simulation.entities import called, describe, is_request_id
from functions_emulator.simulation.errors import HistoryDiffers, SimulationError
from functions_emulator.simulation.execution import CALLS
from functions_emulator.simulation.stored import SCHEDULING, json_text, scheduled, still_without

if TYPE_CHECKING:
    from functions_emulator.simulation.simulation import Simulation

__tracebackhide__ = True

_MADE_BY_CODE = (
    *SCHEDULING,
    EventType.ORCHESTRATOR_STARTED,
    EventType.ORCHESTRATOR_COMPLETED,
    EventType.EXECUTION_COMPLETED,
)
_NO_RESULT = "the history has no results; ask for it with showHistoryOutput=true"


def replay_turns(simulation: Simulation, events: Sequence[Event]) -> None:
    """Take a simulation through the turns of a history of the extension's own form."""
    for number, turn in enumerate(_turns(events), start=1):
        heard = [event for event in turn if event["EventType"] not in _MADE_BY_CODE]
        simulation.now = from_text(turn[0]["Timestamp"])
        simulation.turns += 1
        result = simulation.ask(heard)
        end = next((e for e in turn if e["EventType"] == EventType.EXECUTION_COMPLETED), None)
        where = f"turn {number}, of {turn[0]['Timestamp']}"
        if end is None and result.status.ended:
            raise HistoryDiffers(
                f"{where}: in the history it goes on, now it is {result.status.runtime_status} "
                f"with {result.status.output}"
            )
        then = [scheduled(event) for event in turn if event["EventType"] in SCHEDULING]
        _compare(where, then, result.scheduled)
        if end is not None:
            _compare_end(where, end, result.status.runtime_status, result.status.output)
        # The history goes on with what was scheduled then: a due time or an input may differ.
        for event in heard:
            simulation.pending = still_without(simulation.pending, event)
        result.scheduled = then
        simulation.apply(result, [record(event) for event in turn])


def _turns(events: Sequence[Event]) -> Iterator[list[Event]]:
    turn: list[Event] = []
    for event in events:
        if event["EventType"] == EventType.ORCHESTRATOR_STARTED and turn:
            yield turn
            turn = []
        turn.append(event)
    yield turn


def _compare(where: str, then: Sequence[Scheduled], now: Sequence[Scheduled]) -> None:
    for index in range(max(len(then), len(now))):
        before = describe(then[index]) if index < len(then) else "nothing more"
        today = describe(now[index]) if index < len(now) else "nothing more"
        if before.lower() != today.lower():
            raise HistoryDiffers(
                f"{where}: in the history it schedules {before}, now it schedules {today}"
            )


def _compare_end(where: str, end: Event, status: str, output: str | None) -> None:
    before, then = end.get("OrchestrationStatus"), end.get("Result")
    if before is not None and before != status:
        raise HistoryDiffers(f"{where}: in the history it is {before}, now it is {status}")
    if _value(then) != _value(output):
        raise HistoryDiffers(f"{where}: in the history it ends with {then}, now with {output}")


def replay_view(simulation: Simulation, events: Sequence[Event]) -> None:
    """Take a simulation through a history as the management API shows it."""
    for event in sorted(events, key=lambda event: from_text(event["Timestamp"])):
        kind, when = event["EventType"], event["Timestamp"]
        simulation.now = max(simulation.now, from_text(when))
        name = str(event.get("FunctionName") or event.get("Name") or "")
        where = f"{kind} {name}, of {when}".replace(" ,", ",")
        if kind == "ExecutionStarted":
            simulation.begin(event.get("Version") or None)
        elif kind in ("TaskCompleted", "SubOrchestrationInstanceCompleted"):
            if "Result" not in event:
                raise SimulationError(_NO_RESULT)
            _called(simulation, where, name)
            simulation.answer(name, event["Result"])
        elif kind in ("TaskFailed", "SubOrchestrationInstanceFailed"):
            _called(simulation, where, name)
            simulation.fail(name, str(event.get("Reason") or ""))
        elif kind in ("TaskScheduled", "SubOrchestrationInstanceCreated"):
            _called(simulation, where, name)
        elif kind == "TimerFired":
            _fire(simulation, where, event)
        elif kind == "EventRaised" and is_request_id(name):
            _respond(simulation, where, event)
        elif kind == "EventRaised":
            simulation.raise_event(name, _value(event.get("Input")))
        elif kind == "ExecutionCompleted":
            _compare_end(where, event, simulation.status, json_text(simulation.output))
    _compare_rest(simulation, events)


def _called(simulation: Simulation, where: str, name: str) -> None:
    if name.lower() not in map(str.lower, simulation.waits_for):
        raise HistoryDiffers(f"{where}: now it waits for {_rest(simulation)}")


def _respond(simulation: Simulation, where: str, event: Event) -> None:
    """Give an entity's answer: to the call made first, since ids of requests differ in a replay."""
    calls = [each for each in simulation.pending if called(each)]
    if not calls:
        raise HistoryDiffers(f"{where}: now it waits for {_rest(simulation)}")
    answer = json_text(event.get("Input"))
    if answer is None:
        raise SimulationError("the history has no inputs; ask for it with showInput=true")
    request = called(calls[0])
    assert request is not None
    simulation.pending.remove(calls[0])
    simulation.turn(event_raised(simulation.now, request.id, answer))


def _fire(simulation: Simulation, where: str, event: Event) -> None:
    timers = [each for each in simulation.pending if each.fire_at is not None]
    if not timers:
        raise HistoryDiffers(f"{where}: now it waits for {_rest(simulation)}")
    due = from_text(event["FireAt"]) if "FireAt" in event else None
    same = [each for each in timers if each.fire_at == due]
    simulation.fire((same or sorted(timers, key=lambda each: (each.fire_at, each.id)))[0])


def _compare_rest(simulation: Simulation, events: Sequence[Event]) -> None:
    kinds = ("TaskScheduled", "SubOrchestrationInstanceCreated")
    then = sorted(
        str(e.get("FunctionName") or e["Name"]).lower() for e in events if e["EventType"] in kinds
    )
    # An entity's operation disappears from what people see of a history only with its answer.
    now = sorted(each.name.lower() for each in simulation.pending if each.kind in CALLS)
    has_ended = any(event["EventType"] == "ExecutionCompleted" for event in events)
    if not has_ended and (then != now or simulation.status not in ("Running", "Pending")):
        raise HistoryDiffers(
            f"at its end the history waits for {', '.join(then) or 'no activity'}, now it "
            f"{'waits for ' + _rest(simulation) if simulation.status == 'Running' else 'has ended'}"
        )


def _rest(simulation: Simulation) -> str:
    timers = ["a timer" for each in simulation.pending if each.fire_at is not None]
    events = [f"the event {name}" for name in simulation.awaited_events]
    return ", ".join([*simulation.waits_for, *timers, *events]) or "nothing"


def _value(value: Any) -> Any:
    """Read what is JSON text in one form of a history and a value in another."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
