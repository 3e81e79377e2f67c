"""EventWaits by itself, in an orchestrator of its own, on the SDK's replay engine."""

from collections.abc import Generator
from datetime import datetime, timedelta, timezone
from typing import Any

import azure.durable_functions as df
import pytest

from durable_sdk import IS_2
from orchestrators.event_waits import EventWaits

if IS_2:
    from tests.unit.orchestrators.simulation_sdk2 import Simulation
else:
    from functions_emulator.simulation import Simulation

bp = df.Blueprint()
START = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)


@bp.function_name("Waiter")
@bp.orchestration_trigger(context_name="context")
def waiter(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    """Wait so many seconds, so many times; tell for each what came and when it was over."""
    waits = EventWaits(context, ("Go", "Stop"))
    told = []
    for seconds in context.get_input()["waits"]:
        started = context.current_utc_datetime
        yield from waits.wait(started + timedelta(seconds=seconds))
        lasted = context.current_utc_datetime - started
        came = [name for name in ("Go", "Stop") if waits.came(name)]
        told.append([came, lasted.total_seconds()])
    return told


def waiting(*seconds: float) -> Simulation:
    return Simulation(waiter, {"waits": seconds}, now=START)


def timers(order: Simulation) -> list[timedelta]:
    return [each.fire_at - START for each in order.pending if each.fire_at is not None]


DAY = 24 * 3600.0


@bp.function_name("Stepper")
@bp.orchestration_trigger(context_name="context")
def stepper(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    """Wait for Go, and only then for Stop."""
    waits = EventWaits(context, ("Go", "Stop"))
    for name in ("Go", "Stop"):
        yield from waits.wait(context.current_utc_datetime + timedelta(hours=1), name)
    return [waits.came("Go"), waits.came("Stop")]


@bp.function_name("Thinker")
@bp.orchestration_trigger(context_name="context")
def thinker(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    """Wait for Go some times, do something else, wait again, and only then look what came."""
    waits = EventWaits(context, ("Go",))
    before, after = context.get_input()["waits"]
    for number in range(before + after):
        if number == before:
            yield context.call_activity("Think", None)
        yield from waits.wait(context.current_utc_datetime + timedelta(hours=1), "Go")
    return [waits.came("Go"), waits.came("Go")]


def test_an_event_that_an_earlier_wait_took_is_told_after_further_waits() -> None:
    order = Simulation(thinker, {"waits": [2, 1]}, now=START)
    for _ in range(2):
        order.advance(hours=1)
    order.raise_event("Go")
    order.answer("Think", None)
    order.advance(hours=1)
    assert (order.status, order.output) == ("Completed", [True, False])


def test_events_that_earlier_waits_took_are_told_once() -> None:
    order = Simulation(thinker, {"waits": [5, 1]}, now=START)
    for _ in range(5):
        order.advance(hours=1)
    for _ in range(5):
        order.raise_event("Go")
    order.answer("Think", None)
    order.advance(hours=1)
    assert (order.status, order.output) == ("Completed", [True, False])


def test_an_event_that_comes_before_its_wait_is_kept_while_others_are_waited_for() -> None:
    order = Simulation(stepper, None, now=START)
    order.raise_event("Stop")
    assert order.status == "Running"
    order.raise_event("Go")
    assert (order.status, order.output) == ("Completed", [True, True])
    assert order.now == START


@pytest.mark.parametrize("days", [0.01, 1, 5.5, 6, 6.5, 8, 30, 365])
def test_a_wait_of_any_length_ends_when_it_should(days: float) -> None:
    order = waiting(days * DAY)
    order.advance(days=days, seconds=-1)
    assert order.status == "Running"
    order.advance(seconds=1)
    assert (order.status, order.output) == ("Completed", [[[], days * DAY]])


@pytest.mark.parametrize("days", [1, 6.5, 8, 365])
@pytest.mark.parametrize("after", [0.0, 0.9])
def test_an_event_ends_the_wait_and_the_order_can_end(days: float, after: float) -> None:
    order = waiting(days * DAY)
    order.advance(days=days * after)
    order.raise_event("Go")
    assert order.status == "Completed", "a timer is left that nobody cancelled"
    assert order.output == [[["Go"], days * DAY * after]]


def test_a_short_wait_is_one_timer() -> None:
    for days in (0.01, 1, 3 if IS_2 else 6):
        assert timers(waiting(days * DAY)) == [timedelta(days=days)]


@pytest.mark.parametrize("first", ["Go", "Stop"])
def test_the_next_wait_is_not_ended_by_what_came_in_the_one_before(first: str) -> None:
    order = waiting(30 * DAY, 30 * DAY)
    order.advance(days=20)
    order.raise_event(first)
    assert order.status == "Running"
    order.advance(days=29)
    assert order.status == "Running"
    order.advance(days=1)
    assert order.output == [[[first], 20 * DAY], [[], 30 * DAY]]


def test_two_events_at_once_end_one_wait() -> None:
    order = waiting(30 * DAY, 30 * DAY)
    order.advance(days=10)
    order.turn(order.raised("Go"), order.raised("Stop"))
    order.advance(days=30)
    names = sorted(name for came, _ in order.output for name in came)
    assert (order.status, names) == ("Completed", ["Go", "Stop"])


def test_a_moment_that_has_passed_is_no_wait() -> None:
    order = waiting(-5)
    order.advance(seconds=0)
    assert order.status == "Completed"
