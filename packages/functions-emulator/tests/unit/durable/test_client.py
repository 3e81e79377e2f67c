"""What the management API and clients do to instances, and what they answer."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from functions_emulator.durable import reading
from functions_emulator.durable.clock import to_text
from functions_emulator.durable.errors import BadArgument, Conflict, NotAllowed
from functions_emulator.durable.events import EventType, make
from functions_emulator.durable.instance import RUNTIME_STATUSES
from tests.unit.durable.hubs import ENDED, Hub, do, history, kinds

LIVE = ("Pending", "Running", "Suspended", "ContinuedAsNew")
OPERATIONS = {
    "terminate": ("Input", EventType.EXECUTION_TERMINATED, ("Running", "Pending", "Suspended")),
    "suspend": ("Reason", EventType.EXECUTION_SUSPENDED, ("Running", "Pending")),
    "resume": ("Reason", EventType.EXECUTION_RESUMED, ("Suspended",)),
}


@pytest.mark.parametrize("operation", list(OPERATIONS))
def test_an_operation_is_sent_to_its_instance_with_its_reason(hub: Hub, operation: str) -> None:
    field, kind, states = OPERATIONS[operation]
    for number, status in enumerate(states):
        hub.put(f"i-{number}", status)
        path = f"/instances/i-{number}/{operation.title()}?reason=so+it+is"
        assert hub.asked("POST", path) == (202, None)
    assert hub.sent() == [
        (f"i-{number}", {"type": kind, field: "so it is"}) for number in range(len(states))
    ]


@pytest.mark.parametrize("operation", list(OPERATIONS))
def test_an_operation_without_a_reason_has_none(hub: Hub, operation: str) -> None:
    field, kind, (status, *_) = OPERATIONS[operation]
    hub.put("i-1", status)
    assert hub.asked("POST", f"/instances/i-1/{operation}") == (202, None)
    assert hub.sent() == [("i-1", {"type": kind, field: None})]


@pytest.mark.parametrize("status", ENDED)
@pytest.mark.parametrize("operation", [*OPERATIONS, "rewind"])
def test_an_operation_on_an_instance_that_has_ended_is_410(
    hub: Hub, operation: str, status: str
) -> None:
    hub.put("i-1", status)
    wanted = 202 if (operation, status) == ("rewind", "Failed") else 410
    assert hub.asked("POST", f"/instances/i-1/{operation}")[0] == wanted
    assert hub.asked("POST", f"/instances/nobody/{operation}") == (404, None)


@pytest.mark.parametrize(
    ("operation", "status"),
    [("suspend", "Suspended"), *(("resume", status) for status in LIVE if status != "Suspended")],
)
def test_what_an_instances_state_forbids_is_500_and_says_so(
    hub: Hub, operation: str, status: str
) -> None:
    hub.put("i-1", status)
    code, body = hub.asked("POST", f"/instances/i-1/{operation}")
    assert code == 500
    assert body["ExceptionMessage"] == (
        f"Cannot {operation} the orchestration instance i-1 because instance is in the {status} "
        "state."
    )
    assert hub.sent() == []


@pytest.mark.parametrize("status", LIVE)
def test_a_rewind_of_one_that_has_not_failed_is_412(hub: Hub, status: str) -> None:
    hub.put("i-1", status)
    code, body = hub.asked("POST", "/instances/i-1/rewind")
    assert code == 412 and "only supported on failed" in body["Message"]
    assert body["ExceptionMessage"] == body["Message"]
    assert hub.sent() == []


@pytest.mark.parametrize("operation", [*OPERATIONS, "rewind", "restart", "raiseEvent/Proceed"])
def test_an_entity_takes_no_operation_of_an_orchestration(hub: Hub, operation: str) -> None:
    hub.put("@counter@one")
    code, body = hub.asked("POST", f"/instances/@counter@one/{operation}", b"1")
    assert code == 400 and "is an entity" in body["ExceptionMessage"]
    assert hub.sent() == []


@pytest.mark.parametrize(("query", "is_same"), [("", False), ("=true", False), ("=FALSE", True)])
def test_a_restart_starts_the_same_input_and_version_again(
    hub: Hub, query: str, is_same: bool
) -> None:
    hub.put("i-1", "Completed", version="1.0", input='{"a":1}', output="7")
    name = f"?restartWithNewInstanceId{query}" if query else ""
    code, body = hub.asked("POST", f"/instances/i-1/restart{name}")
    assert code == 202 and (body["id"] == "i-1") is is_same
    assert "rewindPostUri" not in body
    found = hub.client.get(body["id"])
    assert found is not None
    assert (found.name, found.input, found.version) == ("PlaceOrder", '{"a":1}', "1.0")
    assert (found.runtime_status, found.output) == ("Pending", None)
    assert len(hub.ids()) == (1 if is_same else 2)
    [(to, event)] = hub.sent()
    assert to == body["id"]
    assert event["type"] == EventType.EXECUTION_STARTED
    assert (event["Input"], event["Version"]) == ('{"a":1}', "1.0")


def test_a_restart_of_nobody_is_400_and_under_the_id_of_a_live_one_409(hub: Hub) -> None:
    code, body = hub.asked("POST", "/instances/nobody/restart")
    assert code == 400
    assert body["ExceptionMessage"] == "An orchestration with the instanceId nobody was not found."
    hub.put("i-1", "Running")
    code, body = hub.asked("POST", "/instances/i-1/restart?restartWithNewInstanceId=false")
    assert code == 409 and "i-1 already exists" in body["Message"]
    assert hub.asked("POST", "/instances/i-1/restart")[0] == 202


def november(day: int) -> str:
    return to_text(datetime(2026, 11, day, tzinfo=timezone.utc))


def test_a_purge_takes_what_its_query_asks_for_to_the_moment(hub: Hub) -> None:
    for number, status in enumerate(("Completed", "Failed", "Running", "Completed")):
        hub.put(f"a-{number}", status, created=november(number + 1))
    hub.put("b-1", "Completed", created=november(2))
    purge = "/instances?createdTimeFrom=2026-11-02T00:00:00Z"
    some = f"{purge}&createdTimeTo=2026-11-03&runtimeStatus=failed,%20RUNNING&instanceIdPrefix=a"
    assert hub.asked("DELETE", some) == (200, {"instancesDeleted": 2})
    assert hub.ids() == ["a-0", "a-3", "b-1"]
    assert hub.asked("DELETE", some) == (404, None)
    assert hub.asked("DELETE", purge) == (200, {"instancesDeleted": 2})
    assert hub.ids() == ["a-0"]


@pytest.mark.parametrize("query", ["", "?createdTimeFrom=", "?createdTimeFrom=soon"])
def test_a_purge_of_many_needs_to_know_since_when(hub: Hub, query: str) -> None:
    hub.put("i-1", "Completed")
    code, body = hub.asked("DELETE", f"/instances{query}")
    assert (code, body) == (400, "Please provide value for 'createdTimeFrom' parameter.")
    assert hub.ids() == ["i-1"]


@pytest.mark.parametrize("status", sorted(RUNTIME_STATUSES))
def test_a_purge_of_one_takes_all_that_belongs_to_it_whatever_its_state(
    hub: Hub, status: str
) -> None:
    now = hub.clock.now()
    for name in ("i-1", "i-2"):
        found = hub.put(name, status)
        history(hub, found, make(EventType.ORCHESTRATOR_STARTED, now))
        do(lambda name=name: hub.client.raise_event(name, "Proceed", "1"))
    assert hub.asked("DELETE", "/instances/i-1") == (200, {"instancesDeleted": 1})
    assert hub.asked("DELETE", "/instances/i-1") == (404, None)
    assert (hub.ids(), kinds(hub, "i-1"), kinds(hub, "i-2")) == (
        ["i-2"],
        [],
        ["ORCHESTRATOR_STARTED"],
    )
    assert [instance_id for instance_id, _ in hub.sent()] == ["i-2"]


def test_a_purge_of_an_entity_keeps_what_is_on_its_way_to_it(hub: Hub) -> None:
    hub.put("@counter@one")
    do(lambda: hub.client.raise_event("@counter@one", "op", "1"))
    assert hub.asked("DELETE", "/instances/@counter@one") == (200, {"instancesDeleted": 1})
    assert hub.ids() == [] and len(hub.sent()) == 1


@pytest.mark.parametrize("status", sorted(RUNTIME_STATUSES))
def test_an_event_reaches_whoever_has_not_ended(hub: Hub, status: str) -> None:
    hub.put("i-1", status)
    code, body = hub.asked("POST", "/instances/i-1/RaiseEvent/Proceed", b' {"a": [1]} ')
    assert (code, body) == (410 if status in ENDED else 202, None)
    event = {"type": EventType.EVENT_RAISED, "Name": "Proceed", "Input": '{"a":[1]}'}
    assert hub.sent() == ([] if status in ENDED else [("i-1", event)])


def test_an_event_that_is_no_json_is_refused(hub: Hub) -> None:
    hub.put("i-1")
    path = "/instances/i-1/raiseEvent/Proceed"
    for body in (b"", b"{", b"NaN"):
        code, answer = hub.asked("POST", path, body)
        assert code == 400 and answer["Message"] == "Invalid JSON content"
        assert answer["ExceptionMessage"]
    for kind in ("text/plain", "application/csv"):
        code, answer = asyncio.run(hub.ask("POST", path, b"1", kind))
        told = "Only application/json request content is supported"
        assert (code, answer["Message"]) == (400, told)
    assert hub.asked("POST", "/instances/nobody/raiseEvent/Proceed", b"1") == (404, None)
    assert hub.sent() == []


def test_a_start_over_http_takes_an_id_an_input_and_a_version(hub: Hub) -> None:
    code, body = hub.asked("POST", "/orchestrators/PlaceOrder/i-1?version=2", b' {"a": [1]} ')
    assert (code, body["id"]) == (202, "i-1")
    found = hub.client.get("i-1")
    assert found is not None
    assert (found.name, found.input, found.version) == ("PlaceOrder", '{"a":[1]}', "2")
    code, body = hub.asked("POST", "/orchestrators/placeorder")
    assert code == 202 and re.fullmatch("[0-9a-f]{32}", body["id"])
    found = hub.client.get(body["id"])
    assert found is not None and (found.input, found.version) == (None, None)
    code, body = hub.asked("POST", "/orchestrators/PlaceOrder/i-1")
    assert code == 409 and body["Message"] == body["ExceptionMessage"]
    assert "i-1 already exists" in body["Message"]
    for wrong in (b"{", b"NaN", b"\xff"):
        code, body = hub.asked("POST", "/orchestrators/PlaceOrder/i-2", wrong)
        assert (code, body["Message"]) == (400, "Invalid JSON content")
        assert body["ExceptionMessage"]
    assert hub.client.get("i-2") is None


def test_a_start_takes_its_own_version_or_the_default_one(hub: Hub) -> None:
    for given, default, wanted in (("2", "1", "2"), ("", "1", "1"), ("", "", None)):
        client = hub.client_of(any_state=False, default_version=default)
        name = do(lambda c=client, v=given: c.start("PlaceOrder", None, None, v or None))
        found = hub.client.get(name)
        assert found is not None and found.version == wanted
    assert [event["Version"] for _, event in hub.sent()] == ["2", "1", ""]


@pytest.mark.parametrize("status", sorted(RUNTIME_STATUSES))
@pytest.mark.parametrize("any_state", [False, True])
def test_the_id_of_an_instance_is_free_when_it_has_ended_or_any_state_may_be_replaced(
    hub: Hub, status: str, any_state: bool
) -> None:
    hub.put("i-1", status)
    client = hub.client_of(any_state)
    if status in ENDED or any_state:
        assert do(lambda: client.start("PlaceOrder", "i-1", None)) == "i-1"
        return
    with pytest.raises(Conflict, match="instance with the ID i-1 already exists"):
        do(lambda: client.start("PlaceOrder", "i-1", None))


def test_of_two_starts_at_once_under_one_id_one_is_refused(hub: Hub) -> None:
    async def both() -> list[Any]:
        starts = (hub.client.start("PlaceOrder", "i-1", None) for _ in range(2))
        return await asyncio.gather(*starts, return_exceptions=True)

    first, second = do(both)
    assert first == "i-1" and isinstance(second, Conflict)
    assert len(hub.sent()) == 1


def test_a_start_of_a_function_that_is_not_there_names_those_that_are(hub: Hub) -> None:
    code, body = hub.asked("POST", "/orchestrators/Nothing")
    assert code == 400 and "the orchestrator functions are: placeorder" in body["ExceptionMessage"]
    with pytest.raises(BadArgument, match="must not start with @"):
        do(lambda: hub.client.start("PlaceOrder", "@x", None))
    assert do(lambda: hub.client.start("Nothing", "i-1", None, any_name=True)) == "i-1"


def test_a_start_that_is_due_later_is_kept_until_then(hub: Hub) -> None:
    due = hub.clock.now() + timedelta(hours=1)
    do(lambda: hub.client.start("PlaceOrder", "i-1", None, due=to_text(due)))
    [message] = reading.messages(hub.store.connection)
    assert message.due == pytest.approx(due.timestamp(), abs=1e-3)


def test_a_client_is_told_what_a_state_forbids(hub: Hub) -> None:
    running, suspended = hub.put("i-1"), hub.put("i-2", "Suspended")
    for work in (
        lambda: hub.client.resume(running, None),
        lambda: hub.client.suspend(suspended, None),
        lambda: hub.client.rewind(running, None),
    ):
        with pytest.raises(NotAllowed):
            do(work)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/instances"),
        ("PUT", "/instances/i-1"),
        ("GET", "/instances/i-1/terminate"),
        ("POST", "/instances/i-1/stop"),
        ("POST", "/instances/i-1/raiseEvent"),
        ("POST", "/instances/i-1/raise/Proceed"),
        ("GET", "/instances/i-1/raiseEvent/Proceed"),
        ("PUT", "/instances/i-1/raiseEvent/Proceed"),
        ("POST", "/instances/i-1/raiseEvent/Proceed/now"),
        ("POST", "/instances/i-1/terminate/now"),
        ("COPY", "/instances"),
        ("COPY", "/instances/i-1"),
        ("POST", "/orchestrators"),
        ("PUT", "/instances/i-1/terminate"),
        ("GET", "/orchestrators/i-1"),
        ("PUT", "/orchestrators/PlaceOrder/i-2"),
        ("POST", "/zoo/PlaceOrder"),
        ("POST", "/orchestrators/PlaceOrder/i-1/more"),
        ("GET", "/"),
    ],
)
def test_what_is_no_request_of_the_api_is_404(hub: Hub, method: str, path: str) -> None:
    hub.put("i-1")
    assert hub.asked(method, path, b"1") == (404, None)
    assert hub.sent() == []
