"""The endpoints that tests use: the clock, fakes of activities, a fresh start."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from tests.e2e.sample_host import PATIENCE, SampleHost
from tests.support import wait_until


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleHost]:
    running = SampleHost("samples", tmp_path_factory.mktemp("samples"))
    with running.host:
        yield running


@pytest.fixture(autouse=True)
def fresh(host: SampleHost) -> Iterator[None]:
    yield
    call(host, "POST", "reset")


def call(host: SampleHost, method: str, path: str, status: int = 200, **body: Any) -> Any:
    url = f"{host.host.base_url}/admin/emulator/{path}"
    answer = host.call(method, url, json=body)
    assert answer.status_code in (status, 204), answer.text
    return answer.json() if answer.content else None


def at_rest(host: SampleHost) -> dict[str, Any]:
    clock: dict[str, Any] = {}

    def rests() -> bool:
        clock.update(call(host, "GET", "clock"))
        return not clock["atWork"]

    assert wait_until(rests, PATIENCE)
    return clock


def test_the_clock_tells_the_next_timer_and_jumps_to_it(host: SampleHost) -> None:
    assert at_rest(host)["nextTimer"] is None
    instance_id = host.start("approval")
    clock = at_rest(host)
    assert clock["nextTimer"] > clock["now"]
    assert call(host, "POST", "clock/next", changes=clock["changes"])["moved"]
    assert "escalated" in host.wait_for(instance_id)["output"]
    assert at_rest(host)["nextTimer"] is None


def test_the_clock_stays_when_something_has_happened_since(host: SampleHost) -> None:
    host.start("approval")
    before = at_rest(host)["changes"]
    other = host.start("echo")
    host.wait_for(other)
    at_rest(host)
    assert not call(host, "POST", "clock/next", changes=before)["moved"]


def test_the_clock_stays_without_a_timer_to_jump_to(host: SampleHost) -> None:
    host.start("two_events")
    assert not call(host, "POST", "clock/next", changes=at_rest(host)["changes"])["moved"]


def test_a_jump_needs_the_number_of_changes(host: SampleHost) -> None:
    assert "changes" in call(host, "POST", "clock/next", 400, changes="1")["error"]


def test_a_reset_forgets_instances_and_the_time(host: SampleHost) -> None:
    host.start("approval", instance_id="one")
    at_rest(host)
    host.advance(3600)
    ahead = at_rest(host)["now"]
    call(host, "POST", "reset")
    assert host.call("GET", "/instances/one").status_code == 404
    clock = at_rest(host)
    assert clock["nextTimer"] is None
    assert clock["now"] < ahead
    host.start("echo", {"again": 1}, "one")
    assert host.wait_for("one")["output"] == {"again": 1}


class Answers(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = self.server.answer  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def stand_in() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def fake(host: SampleHost, activity: str, server: HTTPServer, answer: bytes) -> None:
    server.answer = answer  # type: ignore[attr-defined]
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    call(host, "PUT", f"fakes/{activity}", 204, url=url)


def test_an_activity_is_answered_for_until_the_reset(
    host: SampleHost, stand_in: HTTPServer
) -> None:
    fake(host, "square", stand_in, b'{"result": "1"}')
    assert host.run("fan_out", "3")["output"] == 3
    call(host, "POST", "reset")
    assert host.run("fan_out", "3")["output"] == 5


def test_the_error_of_a_fake_is_that_of_the_activity(
    host: SampleHost, stand_in: HTTPServer
) -> None:
    error = b'{"error": {"type": "OutOfMood", "message": "not today"}}'
    fake(host, "square", stand_in, error)
    assert "OutOfMood: not today" in host.run("fan_out", "1")["output"]


def test_a_fake_that_answers_nonsense_fails_the_activity(
    host: SampleHost, stand_in: HTTPServer
) -> None:
    fake(host, "square", stand_in, b"hello")
    assert "the fake of square" in host.run("fan_out", "1")["output"]


def test_a_fake_of_an_activity_that_is_not_there_is_refused(host: SampleHost) -> None:
    error = call(host, "PUT", "fakes/nobody", 400, url="http://127.0.0.1:1/")["error"]
    assert error.startswith("the app has no activity 'nobody', but ")


@pytest.mark.parametrize("url", ["http://example.com/", "http://localhost:1", "https://127.0.0.1"])
def test_a_fake_elsewhere_than_on_this_machine_is_refused(host: SampleHost, url: str) -> None:
    activity = "say_hello"
    assert (
        "no http:// URL of this machine"
        in call(host, "PUT", f"fakes/{activity}", 400, url=url)["error"]
    )
