"""The management API is the same for both SDKs."""

from tests.e2e.sample_host import PATIENCE, SampleHost
from tests.support import wait_until


def test_history_shows_each_task_once_with_its_result(patterns: SampleHost) -> None:
    id_ = patterns.start("chain")
    patterns.wait_for(id_)
    shown = patterns.status(id_, showHistory="true", showHistoryOutput="true")["historyEvents"]
    assert [event["EventType"] for event in shown] == [
        "ExecutionStarted",
        *["TaskCompleted"] * 5,
        "ExecutionCompleted",
    ]
    assert [event.get("Result") for event in shown[1:3]] == [{"a": 1}, None]
    assert {event["FunctionName"] for event in shown[1:6]} == {"echo"}


def test_suspended_instances_hear_of_nothing_until_they_are_resumed(patterns: SampleHost) -> None:
    id_ = patterns.start("asks")
    patterns.wait_for(id_, "Running")
    assert patterns.call("POST", f"/instances/{id_}/suspend?reason=x").status_code == 202
    patterns.wait_for(id_, "Suspended")
    patterns.raise_event(id_, "Go", 1)
    patterns.wait_for_history(id_, "EventRaised")
    assert patterns.status(id_)["runtimeStatus"] == "Suspended"
    assert patterns.call("POST", f"/instances/{id_}/resume?reason=x").status_code == 202
    assert patterns.wait_for(id_)["output"] == 1


def test_terminate_and_purge(patterns: SampleHost) -> None:
    id_ = patterns.start("asks")
    patterns.wait_for(id_, "Running")
    assert patterns.call("POST", f"/instances/{id_}/terminate?reason=enough").status_code == 202
    ended = patterns.wait_for(id_)
    assert (ended["runtimeStatus"], ended["output"]) == ("Terminated", "enough")
    assert patterns.call("DELETE", f"/instances/{id_}").json() == {"instancesDeleted": 1}
    assert patterns.call("GET", f"/instances/{id_}").status_code == 404


def test_rewind_runs_again_what_failed(patterns: SampleHost) -> None:
    id_ = patterns.start("fails_below")
    assert patterns.wait_for(id_)["runtimeStatus"] == "Failed"
    assert patterns.call("POST", f"/instances/{id_}/rewind?reason=x").status_code == 202
    assert wait_until(lambda: patterns.status(id_)["runtimeStatus"] == "Completed", PATIENCE), (
        patterns.status(id_, showHistory="true")
    )


def test_restart_takes_the_same_input(patterns: SampleHost) -> None:
    id_ = patterns.start("echo_input", {"n": 1})
    patterns.wait_for(id_)
    again = patterns.call("POST", f"/instances/{id_}/restart").json()["id"]
    assert again != id_
    assert patterns.wait_for(again)["output"] == {"n": 1}
