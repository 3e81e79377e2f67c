"""Code of today against the histories of yesterday."""

import json
from collections.abc import Callable, Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import pytest

from functions_emulator.durable.events import record
from functions_emulator.durable.history_view import shown
from functions_emulator.simulation import HistoryDiffers, Simulation, SimulationError
from tests.unit.simulation.orders import order

Form = Callable[[Simulation], Any]


def stored(simulation: Simulation) -> Any:
    return simulation.store()


def text_of_events(simulation: Simulation) -> Any:
    return json.dumps(simulation.history)


def view(simulation: Simulation) -> Any:
    recorded = [record(event) for event in simulation.history]
    return {"historyEvents": shown(recorded, show_output=True, show_input=True)}


forms = pytest.mark.parametrize("form", [stored, text_of_events, view])


def began() -> Simulation:
    return Simulation(order, ["tea"])


def waiting() -> Simulation:
    simulation = began()
    simulation.answer("Reserve", True)
    return simulation


def retrying() -> Simulation:
    simulation = waiting()
    simulation.advance(days=1)
    simulation.raise_event("Paid", {"amount": 7})
    simulation.fail("Ship", "the van is away")
    simulation.advance(minutes=1)
    return simulation


def shipped() -> Simulation:
    simulation = retrying()
    simulation.answer("Ship", "1Z")
    return simulation


def expired() -> Simulation:
    simulation = waiting()
    simulation.advance(days=5)
    return simulation


@forms
@pytest.mark.parametrize("state", [began, waiting, retrying, shipped, expired])
def test_the_same_code_does_the_same(form: Form, state: Callable[[], Simulation]) -> None:
    before = state()
    after = Simulation.replay(order, form(before))
    assert (after.status, after.output) == (before.status, before.output)
    assert after.custom_status == before.custom_status
    assert after.waits_for == before.waits_for


@forms
def test_it_goes_on_from_there(form: Form) -> None:
    after = Simulation.replay(order, form(retrying()))
    after.answer("Ship", "2Y")
    assert after.output == {"paid": {"amount": 7}, "tracking": "2Y"}


def test_what_was_stored_is_resumed() -> None:
    after = Simulation.resumed(order, json.loads(json.dumps(waiting().store())))
    assert after.custom_status == {"stage": "AwaitingPayment"}
    after.advance(days=5)
    assert after.output == "expired"


# Changes.


def other_activity(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    return (yield context.call_activity("Check", context.get_input()))


def one_more(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    yield context.call_activity("Reserve", context.get_input())
    context.create_timer(context.current_utc_datetime + timedelta(days=5))
    yield context.call_activity("Tell", None)


def ends_early(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    yield context.call_activity("Reserve", context.get_input())
    return "done"


def no_timer(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    yield context.call_activity("Reserve", context.get_input())
    yield context.wait_for_external_event("Paid")


def other_words(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    yield context.call_activity("Reserve", context.get_input())
    paid = context.wait_for_external_event("Paid")
    timer = context.create_timer(context.current_utc_datetime + timedelta(days=5))
    yield context.task_any([paid, timer])
    return "too late"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            other_activity,
            "turn 1, .* it schedules the activity 'Reserve', now it schedules the activity 'Check'",
        ),
        (one_more, "turn 2, .* schedules a timer, now it schedules the activity 'Tell'"),
        (ends_early, 'turn 2, .* it goes on, now it is Completed with "done"'),
        (no_timer, "turn 2, .* schedules a timer, now it schedules nothing more"),
    ],
)
def test_where_the_code_differs_is_told(changed: Any, words: str) -> None:
    with pytest.raises(HistoryDiffers, match=words):
        Simulation.replay(changed, waiting().store())


@pytest.mark.parametrize(
    ("changed", "state", "words"),
    [
        (other_activity, waiting, "TaskCompleted Reserve, of .*: now it waits for Check"),
        (other_activity, began, "TaskScheduled Reserve, of .*: now it waits for Check"),
        (one_more, waiting, "waits for no activity, now it waits for Tell"),
        (ends_early, waiting, "now it has ended"),
        (no_timer, expired, "TimerFired, of .*: now it waits for the event paid"),
        (ends_early, expired, "TimerFired, of .*: now it waits for nothing"),
        (other_words, expired, 'ends with expired, now with "too late"'),
    ],
)
def test_where_the_code_differs_from_what_people_see_is_told(
    changed: Any, state: Callable[[], Simulation], words: str
) -> None:
    with pytest.raises(HistoryDiffers, match=words):
        Simulation.replay(changed, view(state()))


def test_another_end_is_told() -> None:
    with pytest.raises(HistoryDiffers, match='ends with "expired", now with "too late"'):
        Simulation.replay(other_words, expired().store())


@pytest.mark.parametrize(
    ("history", "words"),
    [
        ("{", "is no JSON"),
        ([], "has no events; was it asked for with showHistory=true"),
        ({"runtimeStatus": "Running"}, "has no events"),
        ([{"EventType": 12, "Timestamp": "2026-01-01T00:00:00Z"}], "no ExecutionStarted"),
    ],
)
def test_what_is_no_history_is_refused(history: Any, words: str) -> None:
    with pytest.raises(SimulationError, match=words):
        Simulation.replay(order, history)


def test_a_history_without_results_is_refused() -> None:
    recorded = [record(event) for event in waiting().history]
    history = shown(recorded, show_output=False, show_input=True)
    with pytest.raises(SimulationError, match="showHistoryOutput=true"):
        Simulation.replay(order, history)
