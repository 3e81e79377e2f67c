"""Entities and call_http in a replay: what the extension sends, schedules and waits for."""

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
    completed,
    event,
    failed,
    fired,
    raised,
    scheduled,
    timer,
    timer_created,
    turn,
)

KNOWN = KnownFunctions({"check"}, {"child"}, ("counter",), http_sleep_milliseconds=15_000)
HTTP = "BuiltIn::HttpActivity"
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


def fetch(**changes: Any) -> Action:
    request = {"method": "POST", "uri": "http://x/job", "content": "c", **changes}
    return {"actionType": ActionType.CALL_HTTP, "httpRequest": request}


def sent(id_: int, name: str = "op") -> Event:
    return event(EventType.EVENT_SENT, id_, Name=name, InstanceId="@counter@a")


def answered(id_: int, status: int, **headers: str) -> Event:
    result = json.dumps({"statusCode": status, "headers": headers, "content": ""})
    return {**completed(id_), "Result": result}


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


# call_http.


def test_a_request_is_an_activity_of_the_host() -> None:
    [request] = run([fetch(headers={"A": "b"})]).scheduled
    assert (request.id, request.name) == (0, HTTP)
    assert request_of(request) == {
        "method": "POST",
        "uri": "http://x/job",
        "headers": {"A": "b"},
        "content": "c",
        "tokenSource": None,
        "asynchronousPatternEnabled": False,
        "retryOptions": None,
        "timeout": None,
    }


def test_an_answer_202_is_final_unless_the_request_says_otherwise() -> None:
    # SDK 1.x never says otherwise.
    history = (scheduled(0, HTTP), answered(0, 202, Location="http://x/1"))
    assert ids(run([fetch(), activity()], *history)) == [(1, "Check")]


POLLED = [fetch(asynchronousPatternEnabled=True, headers={"A": "b", "X-Functions-Key": "k"})]


def test_polling_waits_as_long_as_the_answer_says_and_asks_its_location() -> None:
    first = (scheduled(0, HTTP), answered(0, 202, location="http://x/1", **{"retry-after": "7"}))
    [pause] = run(POLLED, *first).scheduled
    assert (pause.kind, pause.id) == (EventType.TIMER_CREATED, 1)
    assert pause.fire_at == START + timedelta(seconds=7)
    second = (*first, timer_created(1), turn(7), fired(1))
    [again] = run(POLLED, *second).scheduled
    assert (again.id, again.name) == (2, HTTP)
    asked = request_of(again)
    assert (asked["method"], asked["uri"], asked["content"]) == ("GET", "http://x/1", None)
    assert asked["headers"] == {"A": "b"}  # a function key is for the first request alone


def test_polling_goes_on_until_another_answer_comes() -> None:
    actions = [*POLLED, activity()]
    history = (
        scheduled(0, HTTP),
        answered(0, 202, Location="http://x/1"),
        timer_created(1),
        fired(1),
        scheduled(2, HTTP),
        answered(2, 202, Location="http://x/2"),
    )
    [pause] = run(actions, *history).scheduled
    assert pause.fire_at == START + timedelta(seconds=15)  # defaultAsyncRequestSleepTime
    more = (*history, timer_created(3), fired(3), scheduled(4, HTTP))
    assert run(actions, *more).scheduled == []
    assert ids(run(actions, *more, answered(4, 500))) == [(5, "Check")]


@pytest.mark.parametrize(
    "end",
    [
        (failed(0),),
        (answered(0, 202, **{"Retry-After": "Wed, 25 Nov 2026 00:00:00 GMT"}),),
        (answered(0, 202), timer_created(1), fired(1)),
        (answered(0, 202, Location="/relative"), timer_created(1), fired(1)),
    ],
)
def test_polling_that_fails_is_over(end: tuple[Event, ...]) -> None:
    replayed = run([*POLLED, activity()], scheduled(0, HTTP), *end)
    assert [each.name for each in replayed.scheduled] == ["Check"]


@pytest.mark.parametrize("name", ["retryOptions", "timeout"])
def test_what_the_emulator_does_not_do_for_a_request_fails_by_name(name: str) -> None:
    failure = str(run([fetch(**{name: "00:01:00"})]).failure)
    assert f"does not support {name} in call_http" in failure and "func start" in failure
