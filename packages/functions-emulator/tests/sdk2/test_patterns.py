"""Apps on azure-functions-durable 2 behave as on the Durable extension."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.e2e.sample_host import PATIENCE, SampleHost
from tests.support import wait_until


def call(host: SampleHost, path: str, data: Any = None) -> Any:
    answer = host.session.post(f"{host.host.base_url}/api/{path}", json=data, timeout=30)
    assert answer.status_code == 202, answer.text
    return answer.json()


def test_activities_take_and_give_what_the_orchestrator_sent(patterns: SampleHost) -> None:
    assert patterns.run("chain")["output"] == [{"a": 1}, None, [0, 1, 2]]


@pytest.mark.parametrize("data", [{"a": [1]}, [1], "text", 5, False, None])
def test_an_input_arrives_as_its_sender_meant_it(patterns: SampleHost, data: Any) -> None:
    id_ = f"input-{json.dumps(data)!s}".translate(str.maketrans('{}[]": ,', "--------"))
    links = call(patterns, f"start/echo_input/{id_}", data)
    assert links["statusQueryGetUri"].startswith(f"{patterns.host.base_url}/runtime/webhooks/")
    ended = patterns.wait_for(id_)
    assert (ended["input"], ended["output"]) == (data, data)


def test_an_event_ends_a_wait_in_any_case_and_with_its_value(patterns: SampleHost) -> None:
    id_ = patterns.start("asks")
    patterns.wait_for_custom_status(id_, {"attempt": 1})
    patterns.raise_event(id_, "gO", {"by": False})
    assert patterns.wait_for(id_)["output"] == {"by": False}


def test_timers_follow_the_clock_and_cancelled_ones_keep_nothing_running(
    patterns: SampleHost,
) -> None:
    id_ = patterns.start("asks")
    for attempt in (1, 2, 3):
        patterns.wait_for_custom_status(id_, {"attempt": attempt})
        patterns.advance(3600)
    assert patterns.wait_for(id_)["output"] == "nobody came"


def test_an_early_event_is_given_to_one_wait(patterns: SampleHost) -> None:
    id_ = patterns.start("renews")
    for number in range(3):
        patterns.raise_event(id_, "Next", number)
    assert patterns.wait_for(id_)["output"] == [0, 1, 2]


def test_retries_back_off(patterns: SampleHost) -> None:
    id_ = patterns.start("tries_again", 2)
    patterns.wait_for_history(id_, "TimerCreated")
    patterns.advance(60)
    assert wait_until(lambda: patterns.history(id_).count("TimerCreated") == 2, PATIENCE)
    patterns.advance(100)
    assert patterns.status(id_)["runtimeStatus"] == "Running"  # the second pause is of 180 s
    patterns.advance(80)
    assert patterns.wait_for(id_)["output"] == 3


@pytest.mark.parametrize("name", ["fails", "fails_below"])
def test_a_failure_tells_what_the_activity_raised(patterns: SampleHost, name: str) -> None:
    ended = patterns.run(name)
    assert ended["runtimeStatus"] == "Failed"
    assert "no luck at attempt 1" in ended["output"]


def test_what_an_orchestrator_raises_is_its_output(patterns: SampleHost) -> None:
    assert patterns.run("raises")["output"] == "builtins.KeyError: 'what a customer typed'"


@pytest.mark.parametrize("name", ["nobody", "@nobody"])
def test_calls_of_strangers_fail(patterns: SampleHost, name: str) -> None:
    ended = patterns.run("calls_a_stranger", name)
    assert ended["runtimeStatus"] == "Failed"
    assert "The function 'nobody' doesn't exist" in ended["output"]


def test_an_unknown_orchestrator_fails_its_instance(patterns: SampleHost) -> None:
    call(patterns, "start/stranger/unknown-one")
    ended = patterns.wait_for("unknown-one")
    assert ended["runtimeStatus"] == "Failed"
    assert "The function 'stranger' doesn't exist" in ended["output"]


def test_what_nobody_waits_for_is_sent_and_a_timer_left_behind_is_not_waited_for(
    patterns: SampleHost,
) -> None:
    id_ = patterns.start("leaves_work_behind")
    assert patterns.wait_for(id_)["output"] == "done"
    assert wait_until(lambda: entity(patterns, id_) == 5, PATIENCE)
    assert patterns.wait_for(f"{id_}-child")["output"] == "sent"


def entity(host: SampleHost, key: str) -> Any:
    answer = host.call("GET", f"/entities/account/{key}")
    return answer.json() if answer.status_code == 200 else None


def test_who_holds_locks_is_not_disturbed(patterns: SampleHost) -> None:
    id_ = patterns.start("transfers")
    patterns.wait_for_history(id_, "EventSent")
    assert wait_until(lambda: entity(patterns, f"{id_}-a") == 10, PATIENCE)
    # The locks are held once its last message has come; a signal then waits for them.
    assert wait_until(lambda: patterns.history(id_).count("EventRaised") == 2, PATIENCE)
    signal = {"params": {"op": "put"}, "json": 100}
    assert patterns.call("POST", f"/entities/account/{id_}-b", **signal).status_code == 202
    assert entity(patterns, f"{id_}-b") is None
    patterns.raise_event(id_, "Go")
    assert patterns.wait_for(id_)["output"][0] == 6
    assert wait_until(lambda: entity(patterns, f"{id_}-b") == 104, PATIENCE)


def test_a_failed_operation_is_undone_and_reported(patterns: SampleHost) -> None:
    for amount in (1, 666, 2):
        signal = {"params": {"op": "put"}, "json": amount}
        patterns.call("POST", "/entities/account/undone", **signal)
    assert wait_until(lambda: entity(patterns, "undone") == 3, PATIENCE)
    assert (
        "@account@undone: operation 'put' failed: builtins.ValueError: not with"
        in patterns.host.log
    )


def test_the_default_version_is_given_to_what_a_client_starts(patterns: SampleHost) -> None:
    assert patterns.run("versioned")["output"] == "7"


def test_a_sub_orchestration_has_the_version_that_its_caller_says_or_none(
    patterns: SampleHost,
) -> None:
    assert patterns.run("versions")["output"] == ["7", None, "8"]


class Handler(BaseHTTPRequestHandler):
    """Answer 202 twice, then 200."""

    protocol_version = "HTTP/1.1"
    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        body = b"" if self.asked <= 2 else b"ready"
        self.send_response(202 if self.asked <= 2 else 200)
        self.send_header("Location", "/job")
        self.send_header("Retry-After", "3600")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def job() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/job"
    server.shutdown()
    thread.join()
    server.server_close()


def test_call_http_polls_by_functions_of_the_sdk(patterns: SampleHost, job: str) -> None:
    id_ = patterns.start("fetches", job)

    def paused(times: int) -> bool:
        found = patterns.call("GET", "/instances", params={"instanceIdPrefix": id_}).json()
        children = [each["instanceId"] for each in found if each["instanceId"] != id_]
        return bool(children) and patterns.history(children[0]).count("TimerCreated") == times

    for times in (1, 2):
        assert wait_until(lambda times=times: paused(times), PATIENCE)  # type: ignore[misc]
        patterns.advance(3600)
    assert patterns.wait_for(id_)["output"] == [200, "ready"]
