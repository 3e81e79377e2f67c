"""The batch protocol between extension and SDK, with the SDK itself where it matters."""

import json
from typing import Any

import azure.durable_functions as df
import pytest

from functions_emulator.durable.entities.batch import parse, trigger_body
from functions_emulator.durable.entities.ids import EntityId
from functions_emulator.durable.entities.messages import Request
from functions_emulator.durable.entities.outcome import BadBatch, Outcome, Result
from functions_emulator.durable.entities.state import EntityState

# azure-functions warns, once, that it does not know the type of what it reads.
pytestmark = pytest.mark.filterwarnings("ignore:.*expected.type:DeprecationWarning")

COUNTER = EntityId.of("Counter", "a")


def request(operation: str, value: Any = None, is_signal: bool = False) -> Request:
    """A request as a client or an orchestrator of SDK 1.x makes it: its input is JSON twice."""
    return Request(operation, "1", json.dumps(json.dumps(value)), is_signal)


def run(state: EntityState, *requests: Request) -> Outcome:
    """Have the SDK run a batch."""
    handle = df.Entity.create(counter)
    return parse(handle(trigger_body(COUNTER, state, requests)), COUNTER, requests)


def counter(context: df.DurableEntityContext) -> None:
    value = context.get_state(lambda: 0)
    if context.operation_name == "add":
        value += context.get_input()
    elif context.operation_name == "add_and_fail":
        context.set_state(value + 100)
        raise ValueError("no luck")
    elif context.operation_name == "destruct":
        context.destruct_on_exit()
        return
    elif context.operation_name == "look":
        context.set_result([context.entity_name, context.entity_key, context.get_input()])
        return
    context.set_state(value)
    context.set_result(value)


def answer(**changes: Any) -> str:
    result = {"isError": False, "duration": 1, "startTime": 1, "result": "1"}
    whole = {"entityExists": True, "entityState": "1", "results": [result], "signals": []}
    return json.dumps({**whole, **changes})


def test_the_trigger_is_what_the_extension_writes() -> None:
    requests = [request("add", 1), Request("get", "2", None, is_signal=True)]
    assert json.loads(trigger_body(COUNTER, EntityState(True, "5"), requests)) == {
        "self": {"name": "counter", "key": "a"},
        "exists": True,
        "state": "5",
        "batch": [
            {"name": "add", "input": '"1"', "isSignal": False},
            {"name": "get", "input": None, "isSignal": True},
        ],
    }


def test_the_operations_of_a_batch_follow_one_another() -> None:
    outcome = run(EntityState(), request("add", 1), request("add", 2), request("get"))
    assert outcome.state == EntityState(True, "3")
    assert outcome.results == [Result("1"), Result("3"), Result("3")]


def test_an_operation_sees_its_entity_and_its_input() -> None:
    outcome = run(EntityState(True, "5"), request("look", {"n": 1}))
    assert outcome.results == [Result('["counter", "a", {"n": 1}]')]
    assert outcome.state == EntityState(True, "5")  # as it was, not encoded again


def test_a_failed_operation_leaves_the_others_alone() -> None:
    outcome = run(EntityState(True, "5"), request("add", 1), request("add", "x"), request("get"))
    assert [result.failed for result in outcome.results] == [False, True, False]
    assert "unsupported operand" in json.loads(outcome.results[1].value or "")
    assert outcome.results[2] == Result("6")


def test_sdk_1_keeps_what_a_failed_operation_has_set() -> None:
    outcome = run(EntityState(True, "5"), request("add_and_fail"))
    assert outcome.results == [Result('"no luck"', failed=True)]
    assert outcome.state == EntityState(True, "105")


def test_a_destructed_entity_is_gone_and_may_come_back_in_the_same_batch() -> None:
    assert run(EntityState(True, "5"), request("destruct")).state == EntityState(False, "null")
    again = run(EntityState(True, "5"), request("destruct"), request("add", 1))
    assert again.state == EntityState(True, "1")
    assert run(EntityState(False, "null"), request("add", 2)).state == EntityState(True, "2")


def test_signals_of_an_entity_are_addressed_and_named() -> None:
    sent = {"target": {"name": "Other", "key": "b"}, "name": "add", "input": "5"}
    outcome = parse(answer(signals=[sent]), COUNTER, [request("x")])
    [(target, signalled)] = outcome.signals
    assert target == EntityId("other", "b")
    assert (signalled.operation, signalled.input, signalled.is_signal) == ("add", "5", True)
    assert signalled.parent == "@counter@a"


@pytest.mark.parametrize(
    "text",
    [
        "None",
        "[]",
        "{}",
        answer(results=[]),
        answer(results=[{"result": "1"}]),
        answer(signals=[{"name": "x"}]),
    ],
)
def test_an_answer_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadBatch):
        parse(text, COUNTER, [request("x")])


def test_a_request_is_read_as_it_was_written() -> None:
    every = Request("op", "id", "1", False, "parent", "execution", "2026-01-01T00:00:00.000000Z")
    for given in (every, Request("op", "id"), Request("", "id", '""', is_signal=True)):
        assert Request.from_text(given.to_text()) == given
