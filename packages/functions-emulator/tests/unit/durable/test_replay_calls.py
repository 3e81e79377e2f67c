"""Entities in a replay: what the extension sends and waits for."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest

from functions_emulator.durable.actions import Action, ActionType
from functions_emulator.durable.clock import to_text
from functions_emulator.durable.context import Scheduled
from functions_emulator.durable.events import Event, EventType
from functions_emulator.durable.known import KnownFunctions
from functions_emulator.durable.replay import Replayed, replay
from tests.unit.durable.histories import (
    START,
    activity,
    all_of,
    any_of,
    as_new,
    event,
    fired,
    raised,
    scheduled,
    timer,
    timer_created,
    turn,
)

KNOWN = KnownFunctions({"check"}, {"child"}, ("counter",))
FIRST, SECOND = (
    str(uuid.uuid5(uuid.NAMESPACE_URL, f"order_2026-11-22T12:00:00.0000000Z_{number}"))
    for number in range(2)
)


def run(actions: list[Action], *history: Event) -> Replayed:
    instance = {"InstanceId": "order", "ExecutionId": "e1"}
    begun = event(EventType.EXECUTION_STARTED, OrchestrationInstance=instance)
    return replay(actions, [turn(), begun, *history], KNOWN)


def call(operation: str = "add", name: str = "counter") -> Action:
    kind = ActionType.CALL_ENTITY
    instance_id = f"@{name}@a"
    return {"actionType": kind, "instanceId": instance_id, "operation": operation, "input": "5"}


def signal(operation: str = "add", name: str = "counter") -> Action:
    return {**call(operation, name), "actionType": ActionType.SIGNAL_ENTITY}


def sent(id_: int, name: str = "op") -> Event:
    return event(EventType.EVENT_SENT, id_, Name=name, InstanceId="@counter@a")


def ids(replayed: Replayed) -> list[tuple[int, str]]:
    return [(each.id, each.name) for each in replayed.scheduled]


def request_of(each: Scheduled) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(each.input or "")
    return found


# Entities.


def test_a_call_sends_a_request_with_an_id_that_every_replay_gives() -> None:
    [request] = run([call()]).scheduled
    assert (request.kind, request.id, request.name) == (EventType.EVENT_SENT, 0, "op")
    assert request.instance_id == "@counter@a"
    assert request_of(request) == {
        "op": "add",
        "input": '"5"',
        "id": FIRST,
        "parent": "order",
        "parentExecution": "e1",
    }


def test_a_call_is_over_with_the_event_of_its_id() -> None:
    assert run([call(), activity()], sent(0)).scheduled == []
    assert run([call(), activity()], sent(0), raised("other")).scheduled == []
    assert ids(run([call(), activity()], sent(0), raised(FIRST))) == [(1, "Check")]


def test_a_signal_is_over_at_once_and_takes_an_id() -> None:
    replayed = run([signal(), activity()])
    assert ids(replayed) == [(0, "op"), (1, "Check")]
    assert request_of(replayed.scheduled[0])["signal"] is True
    assert run([signal()]).finished


def test_parallel_calls_have_ids_of_their_own_and_end_in_any_order() -> None:
    actions = [all_of(call("a"), call("b")), activity()]
    assert [request_of(each)["id"] for each in run(actions).scheduled] == [FIRST, SECOND]
    history = (sent(0), sent(1), raised(SECOND))
    assert run(actions, *history).scheduled == []
    assert ids(run(actions, *history, raised(FIRST))) == [(2, "Check")]


def test_a_call_may_lose_to_a_timer() -> None:
    actions = [any_of(call(), timer()), activity()]
    history = (sent(0), timer_created(1), fired(1))
    assert ids(run(actions, *history)) == [(2, "Check")]


def test_another_event_at_the_place_of_a_sent_one_is_not_deterministic() -> None:
    assert "the event 'op'" in str(run([activity()], sent(0)).failure)
    assert "the event 'op'" in str(run([signal()], scheduled(0)).failure)


@pytest.mark.parametrize("action", [call(name="nobody"), signal(name="nobody")])
def test_an_unknown_entity_fails_the_orchestration(action: Action) -> None:
    failure = str(run([action]).failure)
    assert failure.startswith("The function 'nobody' doesn't exist")
    assert failure.endswith("known entity functions: 'counter'.")


def test_what_is_signalled_before_continue_as_new_is_sent() -> None:
    replayed = run([signal(), as_new()])
    assert replayed.continue_as_new is not None
    assert ids(replayed) == [(0, "op")]


def test_a_scheduled_signal_carries_its_time() -> None:
    due = to_text(START + timedelta(days=1))
    action = {**signal(), "actionType": ActionType.SCHEDULED_SIGNAL_ENTITY, "fireAt": due}
    [request] = run([action]).scheduled
    assert (request.name, request.fire_at) == (f"op@{due}", START + timedelta(days=1))
    assert request_of(request)["due"] == due


def test_a_sub_orchestration_may_not_take_the_id_of_an_entity() -> None:
    kind = ActionType.CALL_SUB_ORCHESTRATOR
    action = {"actionType": kind, "functionName": "Child", "input": "1", "instanceId": "@a@b"}
    assert "must not start with @" in str(run([action]).failure)
