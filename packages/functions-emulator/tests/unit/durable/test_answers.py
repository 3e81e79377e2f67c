"""What the management API answers: codes, headers and bodies."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from functions_emulator.durable import answers
from functions_emulator.durable.entities.routes import EntityRoutes
from functions_emulator.durable.errors import BadArgument
from functions_emulator.durable.events import EventType, make, task_completed
from functions_emulator.durable.instance import RUNTIME_STATUSES
from tests.unit.durable.hubs import BASE, ENDED, Hub, history, request_for

TOKEN = "x-ms-continuation-token"


def answered(hub: Hub, path: str, **headers: str) -> tuple[web.Response, Any]:
    """Send a GET; return the answer, and its JSON."""
    answer = asyncio.run(hub.answer(request_for("GET", path, headers)))
    return answer, json.loads(answer.text) if answer.text else None


@pytest.mark.parametrize("status", sorted(RUNTIME_STATUSES))
def test_a_live_instance_is_202_that_says_where_to_look_again(hub: Hub, status: str) -> None:
    hub.put("i-1", status, output='"out"', custom_status='{"a":1}')
    answer, body = answered(hub, "/instances/i-1?showHistory=false")
    assert answer.status == (200 if status in ENDED else 202)
    location = (
        None if status in ENDED else f"http://host:7071{BASE}/instances/i-1?showHistory=false"
    )
    assert answer.headers.get("Location") == location
    assert answer.headers.get("Retry-After") == (None if status in ENDED else "5")
    assert answer.content_type == "application/json"
    assert list(body) == [
        "name",
        "instanceId",
        "runtimeStatus",
        "input",
        "customStatus",
        "output",
        "createdTime",
        "lastUpdatedTime",
    ]
    assert (body["runtimeStatus"], body["input"]) == (status, "in")
    assert (body["output"], body["customStatus"]) == ("out", {"a": 1})


def test_json_is_written_without_spaces_and_an_error_says_no_more_than_it_knows(hub: Hub) -> None:
    hub.put("i-1")
    answer, _ = answered(hub, "/instances/i-1")
    assert answer.text and answer.text.startswith('{"name":"PlaceOrder","instanceId":"i-1",')
    assert json.loads(answers.error(400, "No.").text or "") == {"Message": "No."}
    both = {"Message": "No.", "ExceptionMessage": ""}
    assert json.loads(answers.error(400, "No.", "").text or "") == both


def test_an_instance_that_is_not_there_is_404_without_a_body(hub: Hub) -> None:
    answer, body = answered(hub, "/instances/nobody")
    assert (answer.status, body) == (404, None)


@pytest.mark.parametrize(
    ("status", "flag", "code"),
    [
        ("Failed", "", 200),
        ("Failed", "true", 500),
        ("Failed", "False", 200),
        ("Failed", "yes", 200),
        ("Completed", "true", 200),
        ("Terminated", "true", 200),
        ("Running", "true", 202),
    ],
)
def test_a_failed_instance_is_500_where_that_is_asked_for(
    hub: Hub, status: str, flag: str, code: int
) -> None:
    hub.put("i-1", status)
    query = f"?returnInternalServerErrorOnFailure={flag}" if flag else ""
    answer, body = answered(hub, f"/instances/i-1{query}")
    assert answer.status == code and body["runtimeStatus"] == status


@pytest.mark.parametrize(
    ("query", "shows"),
    [("", True), ("?showInput=true", True), ("?SHOWINPUT=False", False), ("?showInput=no", True)],
)
def test_an_input_is_shown_unless_it_is_not_wanted(hub: Hub, query: str, shows: bool) -> None:
    hub.put("i-1")
    wanted = "in" if shows else None
    assert answered(hub, f"/instances/i-1{query}")[1]["input"] == wanted
    assert answered(hub, f"/instances{query}")[1][0]["input"] == wanted


def with_history(hub: Hub, status: str) -> None:
    now = hub.clock.now()
    scheduled = make(EventType.TASK_SCHEDULED, now, 0, Name="Say", Version="", Input='["hi"]')
    events = [scheduled, task_completed(now, 0, '"hello"')]
    history(hub, hub.put("i-1", status), *events)


@pytest.mark.parametrize("status", sorted(RUNTIME_STATUSES))
def test_a_history_is_shown_where_it_is_asked_for_and_has_begun(hub: Hub, status: str) -> None:
    with_history(hub, status)
    assert "historyEvents" not in answered(hub, "/instances/i-1")[1]
    body = answered(hub, "/instances/i-1?showHistory=true")[1]
    if status == "Pending":
        assert "historyEvents" not in body
        return
    [event] = body["historyEvents"]
    assert (event["EventType"], event["FunctionName"]) == ("TaskCompleted", "Say")
    assert "Result" not in event


def test_a_history_shows_results_and_inputs_as_wanted(hub: Hub) -> None:
    with_history(hub, "Running")
    path = "/instances/i-1?showHistory=true&showHistoryOutput=true"
    [event] = answered(hub, path)[1]["historyEvents"]
    assert event["Result"] == "hello" and event["Input"] == '["hi"]'
    [event] = answered(hub, f"{path}&showInput=false")[1]["historyEvents"]
    assert event["Result"] == "hello" and "Input" not in event


def test_a_list_is_given_out_in_pages_that_a_token_leads_through(hub: Hub) -> None:
    for number in range(5):
        hub.put(f"i-{number}")
    seen, token = [], ""
    for _ in range(3):
        answer, body = answered(hub, "/instances?top=2", **({TOKEN: token} if token else {}))
        assert answer.status == 200
        seen.append([each["instanceId"] for each in body])
        token = answer.headers[TOKEN]
    assert sorted(sum(seen, [])) == [f"i-{number}" for number in range(5)]
    assert [len(page) for page in seen] == [2, 2, 1] and token == ""


@pytest.mark.parametrize(
    ("top", "listed"), [("1", 1), ("0", 100), ("-5", 1), ("x", 100), ("", 100)]
)
def test_a_page_has_a_hundred_unless_another_number_is_given(
    hub: Hub, top: str, listed: int
) -> None:
    for number in range(101):
        hub.put(f"i-{number}")
    assert len(answered(hub, f"/instances?top={top}")[1]) == listed


@pytest.mark.parametrize("token", ["%", "a", base64.b64encode(b"\xff").decode()])
def test_a_token_that_none_gave_out_is_refused(hub: Hub, token: str) -> None:
    answer, body = answered(hub, "/instances", **{TOKEN: token})
    assert answer.status == 400 and TOKEN in body["ExceptionMessage"]
    assert body["Message"] == "One or more of the arguments submitted is incorrect"


def test_a_list_is_filtered(hub: Hub) -> None:
    hub.put("a-1", "Running", created="2026-11-02T00:00:00.000000Z")
    hub.put("a-2", "Failed", created="2026-11-03T00:00:00.000000Z")
    hub.put("b-1", "Failed", created="2026-11-04T00:00:00.000000Z")

    def ids(query: str) -> list[str]:
        return sorted(each["instanceId"] for each in answered(hub, f"/instances?{query}")[1])

    assert ids("runtimeStatus=failed") == ["a-2", "b-1"]
    assert ids("runtimeStatus=Running,Failed&instanceIdPrefix=a") == ["a-1", "a-2"]
    assert ids("runtimeStatus=Running&runtimeStatus=Failed") == ["a-1", "a-2", "b-1"]
    assert ids("runtimeStatus=Sleeping") == ["a-1", "a-2", "b-1"]
    assert ids("createdTimeFrom=2026-11-03T00:00:00Z&createdTimeTo=2026-11-03T12:00") == ["a-2"]
    assert ids("createdTimeFrom=2026-11-04T01:00:00%2B02:00") == ["b-1"]
    assert ids("createdTimeFrom=nonsense") == ["a-1", "a-2", "b-1"]


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows takes no time zone from TZ.")
def test_a_time_without_an_offset_is_utc_wherever_the_host_stands(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.put("i-1", created="2026-11-02T00:00:00.000000Z")
    monkeypatch.setenv("TZ", "UTC+5")
    time.tzset()
    try:
        for moment, listed in (("2026-11-01T23:59", 1), ("2026-11-02T00:01", 0)):
            assert len(answered(hub, f"/instances?createdTimeFrom={moment}")[1]) == listed
    finally:
        monkeypatch.undo()
        time.tzset()


def started(hub: Hub, query: str = "", meanwhile: Callable[[], object] | None = None) -> Any:
    """Answer the start of i-1; return the answer, its JSON, and the seconds that it took."""

    async def change() -> None:
        if meanwhile is not None:
            meanwhile()

    async def main() -> web.Response:
        asked = request_for("POST", f"/orchestrators/PlaceOrder/i-1{query}", {})
        answering: Awaitable[web.Response] = answers.started(asked, hub.client, "i-1", "Hub")
        # In this sequence: the answer looks once, and waits, before anything changes.
        answer, _ = await asyncio.gather(answering, change())
        return answer

    begun = time.monotonic()
    answer = asyncio.run(main())
    return answer, json.loads(answer.text or "null"), time.monotonic() - begun


@pytest.mark.parametrize(
    "query", ["", "?timeout=30", "?pollingInterval=30", "?timeout=30&pollingInterval=x"]
)
def test_a_start_is_answered_at_once_with_the_links(hub: Hub, query: str) -> None:
    hub.put("i-1", "Completed", output="7")
    answer, body, seconds = started(hub, query)
    assert answer.status == 202 and seconds < 20
    assert answer.headers["Location"] == body["statusQueryGetUri"]
    assert answer.headers["Retry-After"] == "10"
    assert body["id"] == "i-1" and "rewindPostUri" not in body
    link = f"http://host:7071{BASE}/instances/i-1?taskHub=Hub&connection=Storage"
    assert body["statusQueryGetUri"] == body["purgeHistoryDeleteUri"] == link


@pytest.mark.parametrize("interval", ["0", "0.01", "60"])
def test_a_start_that_waits_gives_the_output_when_it_comes(hub: Hub, interval: str) -> None:
    hub.put("i-1", "Completed", output='{"a":[7]}')
    answer, body, seconds = started(hub, f"?timeout=60&pollingInterval={interval}")
    assert (answer.status, body) == (200, {"a": [7]}) and seconds < 30


def test_a_start_that_waits_looks_again(hub: Hub) -> None:
    hub.put("i-1", "Running")
    answer, body, _ = started(
        hub,
        "?timeout=60&pollingInterval=0.01",
        lambda: hub.put("i-1", "Completed", output='"later"'),
    )
    assert (answer.status, body) == (200, "later")


@pytest.mark.parametrize("status", ["Failed", "Terminated", "Canceled"])
def test_a_start_that_waits_tells_how_it_ended_otherwise(hub: Hub, status: str) -> None:
    hub.put("i-1", status, output='"why"')
    query = "?timeout=60&pollingInterval=1&returnInternalServerErrorOnFailure=true"
    answer, body, _ = started(hub, query)
    assert answer.status == 200
    assert (body["runtimeStatus"], body["output"]) == (status, "why")


@pytest.mark.parametrize("timeout", ["0", "0.1"])
def test_a_start_that_waits_in_vain_gives_the_links(hub: Hub, timeout: str) -> None:
    hub.put("i-1", "Running")
    answer, body, seconds = started(hub, f"?timeout={timeout}&pollingInterval={timeout}")
    assert answer.status == 202 and body["id"] == "i-1"
    assert seconds >= float(timeout)


def test_a_start_whose_instance_is_purged_while_it_waits_gives_the_links(hub: Hub) -> None:
    hub.put("i-1", "Running")
    purge = "DELETE FROM instances WHERE instance_id = 'i-1'"
    query = "?timeout=60&pollingInterval=0.01"
    answer, body, seconds = started(hub, query, lambda: hub.store.connection.execute(purge))
    assert (answer.status, body["id"]) == (202, "i-1") and seconds < 30


def test_a_start_may_not_look_less_often_than_it_waits(hub: Hub) -> None:
    with pytest.raises(
        BadArgument, match="Total timeout 1 should be bigger than retry timeout 1.5"
    ):
        started(hub, "?timeout=1&pollingInterval=1.5")


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/entities", ["", ""]),
        ("/entities/Counter", ["Counter", ""]),
        ("/Entities/Counter/one", ["Counter", "one"]),
        ("/entities/Counter/one/more", None),
        ("/entity/Counter/one", None),
    ],
)
def test_requests_for_entities_go_to_their_routes(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, path: str, asked: list[str] | None
) -> None:
    async def handle(self: EntityRoutes, request: web.Request, name: str, key: str) -> web.Response:
        return answers.json_body(200, [name, key])

    monkeypatch.setattr(EntityRoutes, "handle", handle)
    answer, body = answered(hub, path)
    assert (answer.status, body) == ((404, None) if asked is None else (200, asked))
