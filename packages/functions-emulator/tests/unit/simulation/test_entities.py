"""Calls and signals of entities in a simulation and in replays."""

import json
from collections.abc import Callable, Generator
from typing import Any

import azure.durable_functions as df
import pytest

from functions_emulator.durable.events import record
from functions_emulator.durable.history_view import shown
from functions_emulator.simulation import HistoryDiffers, Simulation, SimulationError

STOCK = df.EntityId("Stock", "tea")
TAKE = "@stock@tea/take"


def takes(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    context.signal_entity(STOCK, "note", {"by": "takes"})
    try:
        left = yield context.call_entity(STOCK, "take", 2)
    except Exception as error:
        return f"caught {error}"
    answer = yield context.call_http("GET", "http://stock.example/")
    return [left, json.loads(answer["content"])]


def waits_first(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    yield context.wait_for_external_event("Go")
    return (yield context.call_entity(STOCK, "take", 2))


def test_a_call_is_answered_for_by_the_name_of_entity_and_operation() -> None:
    simulation = Simulation(takes)
    assert simulation.waits_for == [TAKE]
    assert simulation.input_of(TAKE) == 2
    assert simulation.awaited_events == []
    assert simulation.signals == [("@stock@tea/note", {"by": "takes"})]
    simulation.answer(TAKE, 5)
    assert simulation.waits_for == ["BuiltIn::HttpActivity"]
    assert simulation.input_of("BuiltIn::HttpActivity")["uri"] == "http://stock.example/"


def test_run_answers_calls_of_entities_and_of_http() -> None:
    http = {"statusCode": 200, "content": '{"ok": true}', "headers": {}}
    activities = {TAKE: lambda count: 7 - count, "BuiltIn::HttpActivity": http}
    simulation = Simulation(takes, activities=activities).run()
    assert (simulation.status, simulation.output) == ("Completed", [5, {"ok": True}])


def test_an_operation_that_fails_raises_in_the_orchestrator() -> None:
    assert Simulation(takes, activities={TAKE: ValueError("sold out")}).run().output == (
        "caught sold out"
    )
    simulation = Simulation(takes)
    simulation.fail(TAKE, "no stock")
    assert simulation.output == "caught no stock"


def test_an_operation_without_an_answer_is_named() -> None:
    with pytest.raises(SimulationError, match=f"{TAKE} was called"):
        Simulation(takes).run()


def stored(simulation: Simulation) -> Any:
    return simulation.store()


def view(simulation: Simulation) -> Any:
    recorded = [record(event) for event in simulation.history]
    return {"historyEvents": shown(recorded, show_output=True, show_input=True)}


forms = pytest.mark.parametrize("form", [stored, view])


@forms
@pytest.mark.parametrize("answered", [False, True])
def test_a_history_with_entities_is_replayed(
    form: Callable[[Simulation], Any], answered: bool
) -> None:
    before = Simulation(takes)
    if answered:
        before.answer(TAKE, 5)
    after = Simulation.replay(takes, form(before))
    assert after.waits_for == before.waits_for
    if not answered:
        after.answer(TAKE, 5)
    after.answer("BuiltIn::HttpActivity", {"content": "1"})
    assert after.output == [5, 1]


@forms
def test_where_the_code_differs_is_told(form: Callable[[Simulation], Any]) -> None:
    before = Simulation(takes)
    before.answer(TAKE, 5)
    with pytest.raises(HistoryDiffers, match=r"a signal to @stock@tea/note|now it waits for"):
        Simulation.replay(waits_first, form(before))


def test_what_was_stored_is_resumed() -> None:
    after = Simulation.resumed(takes, json.loads(json.dumps(Simulation(takes).store())))
    assert after.waits_for == [TAKE]
    after.fail(TAKE, "gone")
    assert after.output == "caught gone"
