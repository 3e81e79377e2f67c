import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from functions_emulator.app.functions import Binding, FunctionDefinition
from functions_emulator.triggers.admin import Admin

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
FUNCTIONS = {
    "Ask": FunctionDefinition(
        "Ask",
        print,
        Binding("req", "httpTrigger", "in", {"type": "httpTrigger", "name": "req", "route": "ask"}),
        (Binding("$return", "http", "out", {"type": "http", "name": "$return"}),),
    ),
    "Work": FunctionDefinition("Work", print, Binding("msg", "queueTrigger", "in")),
}


class Running:
    """An Admin whose functions only note that they were started."""

    def __init__(self, with_clock: bool = True) -> None:
        self.runs: list[tuple[str, str]] = []
        self.advanced = 0.0
        self.admin = Admin(
            host_id="host",
            functions=FUNCTIONS,
            url_of=lambda f: "http://localhost:1/api/ask" if f.name == "Ask" else None,
            run_function=self.run,
            advance_clock=self.advance if with_clock else None,
        )

    async def run(self, function: FunctionDefinition, text: str) -> None:
        self.runs.append((function.name, text))

    def advance(self, seconds: float) -> datetime:
        self.advanced += seconds
        return NOW + timedelta(seconds=self.advanced)

    def call(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        async def use() -> tuple[int, Any]:
            application = web.Application()
            application.add_routes(self.admin.routes())
            application.router.add_get("/", self.admin.home)
            async with TestClient(TestServer(application)) as client:
                response = await client.request(method, path, **options)
                is_json = response.content_type == "application/json"
                return response.status, await (response.json() if is_json else response.text())

        return asyncio.run(use())


def test_the_status_tells_the_state() -> None:
    running = Running()
    assert running.call("GET", "/admin/host/status")[1]["state"] == "Starting"
    running.admin.state = "Running"
    status, body = running.call("GET", "/admin/host/status")
    assert (status, body["state"], body["id"]) == (200, "Running", "host")
    assert body["processUptime"] >= 0


def test_the_home_page_lists_the_functions() -> None:
    status, page = Running().call("GET", "/")
    assert status == 200
    assert "up and running" in page and "<li>Work</li>" in page


def test_the_home_page_can_be_switched_off() -> None:
    running = Running()
    running.admin.has_home = False
    assert running.call("GET", "/") == (204, "")


def test_functions_are_listed_with_bindings_and_urls() -> None:
    status, body = Running().call("GET", "/admin/functions")
    assert status == 200
    assert [(each["name"], each["invoke_url_template"]) for each in body] == [
        ("Ask", "http://localhost:1/api/ask"),
        ("Work", None),
    ]
    assert [b["direction"] for b in body[0]["config"]["bindings"]] == ["in", "out"]


def test_one_function_is_found_whatever_the_case() -> None:
    assert Running().call("GET", "/admin/functions/ask")[1]["name"] == "Ask"
    assert Running().call("GET", "/admin/functions/nobody") == (404, "")
    assert Running().call("GET", "/admin/functions/Work/status") == (200, {})


def test_a_queue_function_is_started_by_hand_with_its_input() -> None:
    running = Running()
    assert running.call("POST", "/admin/functions/Work", json={"input": "hi"})[0] == 202
    assert running.call("POST", "/admin/functions/Work", json={"input": {"a": 1}})[0] == 202
    assert running.runs == [("Work", "hi"), ("Work", '{"a": 1}')]


@pytest.mark.parametrize(
    ("path", "options", "status"),
    [
        ("/admin/functions/Work", {"data": b"no json"}, 400),
        ("/admin/functions/Work", {"json": []}, 400),
        ("/admin/functions/Ask", {"json": {"input": "x"}}, 400),
        ("/admin/functions/Nobody", {"json": {}}, 404),
    ],
)
def test_a_wrong_start_by_hand_is_refused(path: str, options: Any, status: int) -> None:
    running = Running()
    assert running.call("POST", path, **options)[0] == status
    assert running.runs == []


def test_the_clock_moves_and_tells_its_time() -> None:
    running = Running()
    status, body = running.call("POST", "/admin/emulator/clock", json={"advanceSeconds": 86400})
    assert (status, body) == (200, {"now": "2026-01-02T00:00:00+00:00"})


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"{}", b'{"advanceSeconds": "1"}', b'{"advanceSeconds": true}',
     b'{"advanceSeconds": -1}', b'{"advanceSeconds": NaN}', b'{"advanceSeconds": 1e400}'],
)  # fmt: skip
def test_a_wrong_step_of_the_clock_is_refused(body: bytes) -> None:
    running = Running()
    status, answer = running.call("POST", "/admin/emulator/clock", data=body)
    assert status == 400
    assert "advanceSeconds" in answer["error"]
    assert running.advanced == 0


def test_an_app_without_durable_functions_has_no_clock() -> None:
    answer = Running(False).call("POST", "/admin/emulator/clock", json={"advanceSeconds": 1})
    assert answer == (400, {"error": "the app has no durable functions"})


def test_a_clock_that_cannot_go_that_far_says_so() -> None:
    running = Running()
    advance: Callable[[float], datetime] = running.advance
    running.admin.advance_clock = lambda seconds: advance(seconds * 1e6)
    status, _ = running.call("POST", "/admin/emulator/clock", json={"advanceSeconds": 1e300})
    assert status == 400
