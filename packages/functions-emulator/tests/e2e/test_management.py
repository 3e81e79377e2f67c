"""The management API, by the answers that the durable extension gives (HttpApiHandler.cs)."""

import re
import uuid
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.e2e.sample_host import DURABLE, SampleHost


def new_id() -> str:
    return f"m-{uuid.uuid4().hex[:12]}"


def waiting(samples: SampleHost, instance_id: str | None = None) -> str:
    started = samples.start("two_events", {"n": 1}, instance_id)
    samples.wait_for_custom_status(started, "waiting")
    return started


def ended(samples: SampleHost) -> str:
    instance_id = samples.start("echo", {"n": 1})
    samples.wait_for(instance_id)
    return instance_id


# Start.


def test_a_start_answers_202_with_the_links(samples: SampleHost) -> None:
    answer = samples.call("POST", "/orchestrators/echo", json={"a": 1})
    assert answer.status_code == 202
    assert answer.headers["Retry-After"] == "10"
    body = answer.json()
    assert answer.headers["Location"] == body["statusQueryGetUri"]
    assert list(body) == [
        "id",
        "statusQueryGetUri",
        "sendEventPostUri",
        "terminatePostUri",
        "purgeHistoryDeleteUri",
        "restartPostUri",
        "suspendPostUri",
        "resumePostUri",
    ]
    assert re.fullmatch(r"[0-9a-f]{32}", body["id"])
    base = f"{samples.host.base_url}{DURABLE}/instances/{body['id']}"
    query = "taskHub=Samples&connection=Storage"
    assert body["sendEventPostUri"] == f"{base}/raiseEvent/{{eventName}}?{query}"
    assert body["terminatePostUri"] == f"{base}/terminate?reason={{text}}&{query}"
    assert samples.call("GET", body["statusQueryGetUri"]).json()["instanceId"] == body["id"]


@pytest.mark.parametrize(
    "value", [{"a": 1}, [1, "x"], "text", 5, True, None, {"deep": [{"é": "😀"}]}]
)
def test_the_input_is_shown_as_it_was_given(samples: SampleHost, value: Any) -> None:
    instance_id = new_id()
    answer = samples.call("POST", f"/orchestrators/two_events/{instance_id}", json=value)
    assert answer.status_code == 202
    assert samples.status(instance_id)["input"] == value


def test_an_unknown_orchestrator_is_a_bad_request_that_names_it(samples: SampleHost) -> None:
    answer = samples.call("POST", "/orchestrators/nobody")
    assert answer.status_code == 400
    assert "'nobody' doesn't exist" in answer.json()["ExceptionMessage"]


def test_orchestrator_names_ignore_case(samples: SampleHost) -> None:
    assert samples.run("ECHO", {"a": 1})["output"] == {"a": 1}


@pytest.mark.parametrize("body", [b"{", b"\xff", b"NaN", b"[" * 100_000])
def test_an_input_that_is_no_json_is_a_bad_request(samples: SampleHost, body: bytes) -> None:
    answer = samples.call("POST", "/orchestrators/echo", data=body)
    assert answer.status_code == 400
    assert answer.json()["Message"] == "Invalid JSON content"


@pytest.mark.parametrize("instance_id", ["@a", "x" * 257])
def test_an_id_that_is_not_allowed_is_a_bad_request(samples: SampleHost, instance_id: str) -> None:
    answer = samples.call("POST", f"/orchestrators/echo/{instance_id}")
    assert answer.status_code == 400


def test_the_id_of_a_live_instance_is_a_conflict(samples: SampleHost) -> None:
    instance_id = waiting(samples)
    answer = samples.call("POST", f"/orchestrators/echo/{instance_id}")
    assert answer.status_code == 409
    assert samples.status(instance_id)["name"] == "two_events"


def test_the_id_of_an_ended_instance_may_be_used_again(samples: SampleHost) -> None:
    instance_id = ended(samples)
    samples.start("echo", {"n": 2}, instance_id)
    assert samples.wait_for(instance_id)["output"] == {"n": 2}


def test_a_start_may_wait_for_the_output(samples: SampleHost) -> None:
    query = {"timeout": "20", "pollingInterval": "0.1"}
    answer = samples.call("POST", "/orchestrators/echo", json={"n": 1}, params=query)
    assert (answer.status_code, answer.json()) == (200, {"n": 1})
    failed = samples.call("POST", "/orchestrators/raises", params=query)
    assert (failed.status_code, failed.json()["runtimeStatus"]) == (200, "Failed")


def test_a_start_that_waits_in_vain_answers_with_the_links(samples: SampleHost) -> None:
    query = {"timeout": "0.2", "pollingInterval": "0.1"}
    answer = samples.call("POST", "/orchestrators/two_events", params=query)
    assert answer.status_code == 202
    assert "statusQueryGetUri" in answer.json()


def test_a_polling_interval_over_the_timeout_is_a_bad_request(samples: SampleHost) -> None:
    query = {"timeout": "1", "pollingInterval": "2"}
    assert samples.call("POST", "/orchestrators/echo", params=query).status_code == 400


# Status.


def test_a_live_instance_answers_202_with_location_and_retry_after(samples: SampleHost) -> None:
    instance_id = waiting(samples)
    answer = samples.call("GET", f"/instances/{instance_id}")
    assert answer.status_code == 202
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["Location"].endswith(f"/instances/{instance_id}")


def test_the_status_has_the_fields_of_the_extension(samples: SampleHost) -> None:
    instance_id = waiting(samples)
    body = samples.status(instance_id)
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
    assert body["name"] == "two_events"
    assert body["runtimeStatus"] == "Running"
    assert (body["input"], body["customStatus"], body["output"]) == ({"n": 1}, "waiting", None)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["createdTime"])


def test_an_ended_instance_answers_200_and_a_failed_one_500_if_asked_for(
    samples: SampleHost,
) -> None:
    assert samples.call("GET", f"/instances/{ended(samples)}").status_code == 200
    failed = samples.start("raises")
    samples.wait_for(failed)
    assert samples.call("GET", f"/instances/{failed}").status_code == 200
    query = {"returnInternalServerErrorOnFailure": "TRUE"}
    answer = samples.call("GET", f"/instances/{failed}", params=query)
    assert (answer.status_code, answer.json()["runtimeStatus"]) == (500, "Failed")


def test_an_unknown_instance_answers_404_with_no_body(samples: SampleHost) -> None:
    answer = samples.call("GET", "/instances/nobody")
    assert (answer.status_code, answer.content) == (404, b"")


def test_the_input_can_be_left_out(samples: SampleHost) -> None:
    assert samples.status(waiting(samples), showInput="false")["input"] is None


@pytest.mark.parametrize("flag", ["maybe", "", "1"])
def test_a_flag_that_is_none_counts_as_not_given(samples: SampleHost, flag: str) -> None:
    body = samples.status(ended(samples), showInput=flag, showHistory=flag)
    assert body["input"] == {"n": 1}
    assert "historyEvents" not in body


def test_the_history_shows_each_task_once_with_its_result_if_asked_for(
    samples: SampleHost,
) -> None:
    instance_id = samples.start("hello_cities")
    samples.wait_for(instance_id)
    assert samples.history(instance_id) == [
        "ExecutionStarted",
        "TaskCompleted",
        "TaskCompleted",
        "TaskCompleted",
        "ExecutionCompleted",
    ]
    query = {"showHistory": "true", "showHistoryOutput": "true", "showInput": "false"}
    events = samples.status(instance_id, **query)["historyEvents"]
    assert events[0]["FunctionName"] == "hello_cities"
    assert events[1]["FunctionName"] == "say_hello"
    assert events[1]["Result"] == "Hello Tokyo!"
    assert "ScheduledTime" in events[1]
    assert events[-1]["OrchestrationStatus"] == "Completed"
    assert all("Input" not in event and "EventId" not in event for event in events)
    plain = samples.status(instance_id, showHistory="true")["historyEvents"]
    assert all("Result" not in event for event in plain)


# Raise event.


def test_an_event_is_accepted_and_delivered(samples: SampleHost) -> None:
    instance_id = waiting(samples)
    url = f"/instances/{instance_id}/RAISEEVENT/One"
    answer = samples.call("POST", url, json={"a": 1})
    assert (answer.status_code, answer.content) == (202, b"")
    samples.raise_event(instance_id, "Two", None)
    assert samples.wait_for(instance_id)["output"] == [{"a": 1}, None]


def test_an_event_for_nobody_is_404_and_for_an_ended_one_410(samples: SampleHost) -> None:
    path = "/instances/{}/raiseEvent/One"
    assert samples.call("POST", path.format("nobody"), json=1).status_code == 404
    assert samples.call("POST", path.format(ended(samples)), json=1).status_code == 410


def test_an_event_must_be_json(samples: SampleHost) -> None:
    path = f"/instances/{waiting(samples)}/raiseEvent/One"
    text = samples.call("POST", path, data="1", headers={"Content-Type": "text/plain"})
    assert text.status_code == 400
    assert text.json()["Message"] == "Only application/json request content is supported"
    for body in (b"{", b""):
        headers = {"Content-Type": "application/json; charset=utf-8"}
        answer = samples.call("POST", path, data=body, headers=headers)
        assert answer.status_code == 400, body


# Terminate, suspend, resume.


def test_terminate_ends_an_instance_with_the_reason_as_its_output(samples: SampleHost) -> None:
    instance_id = waiting(samples)
    answer = samples.call("POST", f"/instances/{instance_id}/terminate?reason=enough")
    assert (answer.status_code, answer.content) == (202, b"")
    found = samples.wait_for(instance_id)
    assert (found["runtimeStatus"], found["output"]) == ("Terminated", "enough")
    assert samples.history(instance_id)[-2:] == ["ExecutionTerminated", "ExecutionCompleted"]


def test_a_suspended_instance_buffers_events_and_processes_them_on_resume(
    samples: SampleHost,
) -> None:
    instance_id = waiting(samples)
    suspended = samples.call("POST", f"/instances/{instance_id}/suspend?reason=lunch")
    assert suspended.status_code == 202
    samples.wait_for(instance_id, "Suspended")
    samples.raise_event(instance_id, "One", 1)
    samples.raise_event(instance_id, "Two", 2)
    samples.wait_for_history(instance_id, "EventRaised")
    assert samples.status(instance_id)["runtimeStatus"] == "Suspended"
    assert samples.call("POST", f"/instances/{instance_id}/resume").status_code == 202
    assert samples.wait_for(instance_id)["output"] == [1, 2]


def test_a_suspended_instance_can_be_terminated(samples: SampleHost) -> None:
    instance_id = waiting(samples)
    samples.call("POST", f"/instances/{instance_id}/suspend")
    samples.wait_for(instance_id, "Suspended")
    samples.call("POST", f"/instances/{instance_id}/terminate")
    assert samples.wait_for(instance_id)["runtimeStatus"] == "Terminated"


@pytest.mark.parametrize("operation", ["terminate", "suspend", "resume", "rewind"])
def test_an_operation_on_nobody_is_404_and_on_an_ended_one_410(
    samples: SampleHost, operation: str
) -> None:
    assert samples.call("POST", f"/instances/nobody/{operation}").status_code == 404
    assert samples.call("POST", f"/instances/{ended(samples)}/{operation}").status_code == 410


# Restart, rewind.


def test_restart_starts_again_with_the_same_input_under_a_new_id(samples: SampleHost) -> None:
    first = ended(samples)
    answer = samples.call("POST", f"/instances/{first}/restart")
    assert answer.status_code == 202
    second = answer.json()["id"]
    assert second != first
    assert samples.wait_for(second)["output"] == {"n": 1}


def test_restart_can_keep_the_id(samples: SampleHost) -> None:
    first = ended(samples)
    query = {"restartWithNewInstanceId": "false"}
    answer = samples.call("POST", f"/instances/{first}/restart", params=query)
    assert (answer.status_code, answer.json()["id"]) == (202, first)
    assert samples.wait_for(first)["output"] == {"n": 1}


def test_restart_of_nobody_is_a_bad_request(samples: SampleHost) -> None:
    assert samples.call("POST", "/instances/nobody/restart").status_code == 400


def test_rewind_runs_what_failed_again(samples: SampleHost) -> None:
    instance_id = samples.start("fails_until_mended")
    assert samples.wait_for(instance_id)["runtimeStatus"] == "Failed"
    assert samples.call("POST", f"/instances/{instance_id}/rewind?reason=x").status_code == 202
    assert samples.wait_for(instance_id, "Completed")["output"] == "mended"


def test_rewind_goes_down_into_the_sub_orchestration_that_failed(samples: SampleHost) -> None:
    instance_id = samples.start("parent_of_failing")
    assert samples.wait_for(instance_id)["runtimeStatus"] == "Failed"
    samples.call("POST", f"/instances/{instance_id}/rewind")
    assert samples.wait_for(instance_id, "Completed")["output"] == [8, "mended"]


def test_rewind_of_one_that_has_not_failed_is_412(samples: SampleHost) -> None:
    assert samples.call("POST", f"/instances/{waiting(samples)}/rewind").status_code == 412


# List.


def test_the_list_filters_by_prefix_status_and_time_and_pages(samples: SampleHost) -> None:
    prefix = new_id()
    ids = [samples.start("echo", {"n": n}, f"{prefix}-{n}") for n in range(5)]
    for instance_id in ids:
        samples.wait_for(instance_id)
    live = waiting(samples, f"{prefix}-live")
    query = {"instanceIdPrefix": prefix, "runtimeStatus": "Completed,Failed", "top": "2"}
    found: list[str] = []
    headers: dict[str, str] = {}
    pages = 0
    while True:
        answer = samples.call("GET", "/instances", params=query, headers=headers)
        assert answer.status_code == 200
        assert len(answer.json()) <= 2
        found += [each["instanceId"] for each in answer.json()]
        pages += 1
        token = answer.headers["x-ms-continuation-token"]
        if not token:
            break
        headers = {"x-ms-continuation-token": token}
    assert (sorted(found), pages) == (sorted(ids), 3)
    running = {"instanceIdPrefix": prefix, "runtimeStatus": "running"}
    listed = samples.call("GET", "/instances/", params=running).json()
    assert [each["instanceId"] for each in listed] == [live]


def test_the_list_filters_by_creation_time(samples: SampleHost) -> None:
    instance_id = ended(samples)
    created = datetime.fromisoformat(samples.status(instance_id)["createdTime"][:-1])
    created = created.replace(tzinfo=timezone.utc)
    prefix = {"instanceIdPrefix": instance_id}

    def count(**times: datetime) -> int:
        query = {**prefix, **{name: time.isoformat() for name, time in times.items()}}
        return len(samples.call("GET", "/instances", params=query).json())

    second = timedelta(seconds=1)
    assert count(createdTimeFrom=created) == 1
    assert count(createdTimeFrom=created + 2 * second) == 0
    assert count(createdTimeTo=created + second) == 1
    assert count(createdTimeTo=created - second) == 0


def test_a_bad_filter_is_no_filter(samples: SampleHost) -> None:
    instance_id = ended(samples)
    query = {"instanceIdPrefix": instance_id, "createdTimeFrom": "soon", "runtimeStatus": "Odd"}
    assert len(samples.call("GET", "/instances", params={**query, "top": "x"}).json()) == 1


def test_the_list_can_leave_inputs_out(samples: SampleHost) -> None:
    query = {"instanceIdPrefix": ended(samples), "showInput": "false"}
    (found,) = samples.call("GET", "/instances", params=query).json()
    assert found["input"] is None


def test_a_continuation_token_that_is_none_is_a_bad_request(samples: SampleHost) -> None:
    headers = {"x-ms-continuation-token": "%"}
    assert samples.call("GET", "/instances", headers=headers).status_code == 400


# Purge.


def test_purge_one(samples: SampleHost) -> None:
    instance_id = ended(samples)
    answer = samples.call("DELETE", f"/instances/{instance_id}")
    assert (answer.status_code, answer.json()) == (200, {"instancesDeleted": 1})
    assert samples.call("GET", f"/instances/{instance_id}").status_code == 404
    assert samples.call("DELETE", f"/instances/{instance_id}").status_code == 404


def test_purge_many_by_prefix_and_status(samples: SampleHost) -> None:
    prefix = new_id()
    for number in range(3):
        samples.start("echo", {"n": 1}, f"{prefix}-{number}")
        samples.wait_for(f"{prefix}-{number}")
    live = waiting(samples, f"{prefix}-live")
    query = {
        "createdTimeFrom": "2020-01-01T00:00:00Z",
        "instanceIdPrefix": prefix,
        "runtimeStatus": "Completed,Terminated",
    }
    answer = samples.call("DELETE", "/instances", params=query)
    assert (answer.status_code, answer.json()) == (200, {"instancesDeleted": 3})
    assert samples.call("DELETE", "/instances", params=query).status_code == 404
    assert samples.status(live)["runtimeStatus"] == "Running"


def test_purge_many_needs_a_creation_time(samples: SampleHost) -> None:
    answer = samples.call("DELETE", "/instances")
    assert answer.status_code == 400
    assert answer.json() == "Please provide value for 'createdTimeFrom' parameter."


def test_an_instance_purged_while_it_lives_does_not_come_back(samples: SampleHost) -> None:
    instance_id = waiting(samples)
    assert samples.call("DELETE", f"/instances/{instance_id}").status_code == 200
    path = f"/instances/{instance_id}/raiseEvent/One"
    assert samples.call("POST", path, json=1).status_code == 404


# Wrong methods and paths.


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/orchestrators/echo"),
        ("POST", "/orchestrators"),
        ("PUT", "/instances"),
        ("POST", "/instances/x"),
        ("GET", "/instances/x/terminate"),
        ("POST", "/instances/x/explode"),
        ("GET", "/instances/x/raiseEvent/y"),
        ("POST", "/instances/x/raiseEvent/y/z"),
        ("GET", "/nothing"),
        ("GET", "/"),
    ],
)
def test_a_wrong_method_or_path_is_404(samples: SampleHost, method: str, path: str) -> None:
    assert samples.call(method, path).status_code == 404


def test_an_escaped_slash_in_an_id_stays_escaped(samples: SampleHost) -> None:
    victim = waiting(samples)
    path = f"/instances/{victim}%2Fterminate"
    assert samples.call("POST", path).status_code == 404
    assert samples.status(victim)["runtimeStatus"] == "Running"


# The client's own face of the API.


def test_the_local_rpc_endpoint_answers_alike(samples: SampleHost) -> None:
    started = samples.call("POST", f"{samples.host.base_url}/api/client/two_events/{new_id()}")
    assert started.status_code == 200, samples.host.log[-2000:]
    assert started.json() == {
        "status": "Running",
        "unknown": "No instance with ID nobody found.",
        "gone": "is gone: either completed or failed",
        "listed": True,
        "purged": 1,
        "conflict": True,
    }
