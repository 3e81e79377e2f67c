from collections.abc import Generator
from datetime import datetime, timedelta, timezone
from typing import Any

import azure.durable_functions as df
import pytest

from functions_emulator.simulation import Simulation, SimulationError
from tests.unit.simulation.orders import order

ITEMS = ["tea", "cup"]


def waiting(**activities: Any) -> Simulation:
    simulation = Simulation(order, ITEMS, activities={"Reserve": True, **activities})
    return simulation.run(skip_time=False)


# Step by step.


def test_each_step_is_answered_for() -> None:
    simulation = Simulation(order, ITEMS, instance_id="order-7")
    assert (simulation.status, simulation.waits_for) == ("Running", ["Reserve"])
    assert simulation.input_of("Reserve") == ITEMS
    simulation.answer("Reserve", True)
    assert simulation.custom_status == {"stage": "AwaitingPayment"}
    assert simulation.awaited_events == ["paid"]
    [timer] = simulation.pending
    assert timer.fire_at == simulation.now + timedelta(days=5)
    simulation.raise_event("Paid", {"amount": 7})
    simulation.answer("Ship", "1Z")
    assert simulation.status == "Completed"
    assert simulation.output == {"paid": {"amount": 7}, "tracking": "1Z"}
    assert simulation.history[1]["OrchestrationInstance"]["InstanceId"] == "order-7"


def test_the_client_of_the_sdk_sends_text() -> None:
    simulation = waiting(Ship="1Z")
    simulation.raise_event("Paid", {"amount": 7}, by_client=True)
    assert simulation.run().output["paid"] == '{"amount": 7}'


def test_a_timer_fires_when_it_is_due() -> None:
    simulation = waiting()
    simulation.advance(days=5, seconds=-1)
    assert simulation.status == "Running"
    simulation.advance(timedelta(seconds=1))
    assert simulation.output == "expired"


def test_events_of_one_turn() -> None:
    simulation = waiting()
    turns = simulation.turns
    simulation.turn(simulation.raised("Paid", 1), simulation.raised("Paid", 2))
    assert (simulation.turns, simulation.waits_for) == (turns + 1, ["Ship"])


def test_a_failure_is_tried_again() -> None:
    simulation = waiting()
    simulation.raise_event("Paid")
    simulation.fail("Ship", "the van is away")
    assert simulation.waits_for == []
    simulation.advance(minutes=1)
    assert simulation.waits_for == ["Ship"]


def test_what_is_not_under_way_cannot_be_answered() -> None:
    simulation = Simulation(order, ITEMS)
    with pytest.raises(SimulationError, match="Ship is not under way, but Reserve"):
        simulation.answer("Ship")


# To the end.


def test_run_takes_it_as_far_as_it_gets() -> None:
    assert waiting().run().output == "expired"
    assert Simulation(order, [], activities={"reserve": False}).run().output == "out of stock"


def test_activities_are_values_functions_and_exceptions() -> None:
    calls: list[Any] = []

    def ship(items: Any) -> Any:
        calls.append(items)
        if len(calls) < 3:
            raise TimeoutError("the van is away")
        return "1Z"

    simulation = waiting(Ship=ship)
    simulation.raise_event("Paid")
    assert simulation.run().output["tracking"] == "1Z"
    assert calls == [ITEMS] * 3

    simulation = waiting(Ship=TimeoutError("the van is away"))
    simulation.raise_event("Paid")
    assert simulation.run().status == "Failed"
    assert "Activity function 'Ship' failed:  TimeoutError: the van is away" in simulation.output


def test_an_assertion_in_a_stand_in_is_the_tests_own() -> None:
    def ship(items: Any) -> None:
        assert items == [], "wrong parcel"

    simulation = waiting(Ship=ship)
    simulation.raise_event("Paid")
    with pytest.raises(AssertionError, match="wrong parcel"):
        simulation.run()


def test_an_activity_without_an_answer_is_named() -> None:
    simulation = waiting(Refund=1)
    simulation.raise_event("Paid")
    expected = "Ship was called, and the simulation has no answer for it; known are Refund, Reserve"
    with pytest.raises(SimulationError, match=expected):
        simulation.run()


# Forms of an orchestrator.


def plain(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    return [context.get_input(), (yield context.call_activity("Ask", context.instance_id))]


@pytest.mark.parametrize("form", [plain, df.Orchestrator.create(plain)])
def test_an_orchestrator_without_its_decorators(form: Any) -> None:
    simulation = Simulation(form, {"a": 1}, activities={"Ask": lambda id: id}, instance_id="7")
    assert simulation.run().output == [{"a": 1}, "7"]
    assert simulation.name == "plain"


def test_the_handle_that_unit_tests_of_the_sdk_take() -> None:
    handle = order.build().get_user_function()
    assert Simulation(handle, ITEMS).waits_for == ["Reserve"]


def test_an_orchestrator_that_raises_fails() -> None:
    def raises(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        yield context.call_activity("Ask")
        raise ValueError("that went wrong")

    simulation = Simulation(raises, activities={"Ask": None}).run()
    assert (simulation.status, "that went wrong" in simulation.output) == ("Failed", True)


def test_sub_orchestrations_are_answered_for_by_name() -> None:
    def parent(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        first = yield context.call_sub_orchestrator("Child", 1)
        try:
            yield context.call_sub_orchestrator("Child", 2)
        except Exception as error:
            return [first, "no luck" in str(error)]

    simulation = Simulation(parent)
    assert simulation.input_of("Child") == 1
    simulation.answer("Child", "one")
    simulation.fail("Child", "no luck")
    assert simulation.output == ["one", True]


def test_continue_as_new_starts_anew() -> None:
    def counter(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        count = context.get_input()
        yield context.create_timer(context.current_utc_datetime + timedelta(hours=1))
        if count == {"n": 3}:
            return "done"
        context.continue_as_new({"n": count["n"] + 1})

    simulation = Simulation(counter, {"n": 1}, now=datetime(2026, 5, 1, tzinfo=timezone.utc))
    simulation.advance(hours=1)
    assert len(simulation.history) < 6
    assert simulation.run().output == "done"
    assert simulation.now == datetime(2026, 5, 1, 3, tzinfo=timezone.utc)


# What goes wrong.


def test_a_timer_left_open_is_named() -> None:
    def forgets(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        timer = context.create_timer(context.current_utc_datetime + timedelta(days=1))
        yield context.task_any([context.wait_for_external_event("Go"), timer])
        return "done"

    simulation = Simulation(forgets)
    simulation.raise_event("Go")
    assert (simulation.status, simulation.output) == ("Running", None)
    expected = "forgets returned, but a timer due 2026-01-02 12:00:00 UTC is open"
    with pytest.raises(SimulationError, match=expected):
        simulation.run()
    simulation.advance(days=1)
    assert simulation.output == "done"


def test_an_endless_loop_is_found() -> None:
    stop: list[bool] = []

    def loops(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        while not stop:
            pass
        yield context.call_activity("Ask")

    with pytest.raises(SimulationError, match="loops has not come back for 1 s(.|\n)*in loops\n"):
        Simulation(loops, timeout=1)
    stop.append(True)


def test_an_orchestration_that_spins_is_stopped() -> None:
    def spins(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        yield context.call_activity("Ask")
        context.continue_as_new(None)

    with pytest.raises(SimulationError, match="spins has taken 1000 turns: it spins"):
        Simulation(spins, activities={"Ask": 1}, timeout=None).run()


def test_what_is_no_orchestrator_is_refused() -> None:
    with pytest.raises(SimulationError, match="'Order' is no orchestrator"):
        Simulation("Order")
