"""What the events of a history hold that an orchestrator cannot see, but others read."""

from datetime import timedelta
from typing import Any

from functions_emulator.durable.clock import to_text
from functions_emulator.durable.events import EventType
from functions_emulator.simulation import Simulation
from tests.unit.simulation.orders import order


def waiting(version: str | None = None) -> Simulation:
    simulation = Simulation(order, ["tea"], version=version)
    simulation.answer("Reserve", True)
    return simulation


def events(simulation: Simulation, kind: EventType) -> list[Any]:
    return [each for each in simulation.history if each["EventType"] == kind]


def test_a_timer_s_event_says_when_it_will_fire() -> None:
    simulation = waiting()
    began = simulation.now
    [created] = events(simulation, EventType.TIMER_CREATED)
    assert created["FireAt"] == to_text(began + timedelta(days=5))
    simulation.advance(days=5)
    [fired] = events(simulation, EventType.TIMER_FIRED)
    assert fired["FireAt"] == created["FireAt"]
    assert fired["TimerId"] == created["EventId"]


def test_the_start_of_an_execution_names_its_version() -> None:
    [started] = events(waiting("1.0"), EventType.EXECUTION_STARTED)
    assert started["Version"] == "1.0"
    [started] = events(waiting(), EventType.EXECUTION_STARTED)
    assert started["Version"] == ""
