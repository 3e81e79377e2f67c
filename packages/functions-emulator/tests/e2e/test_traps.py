"""What hangs, spins or fails on the durable extension does so here too."""

from tests.e2e.sample_host import PATIENCE, SampleHost
from tests.support import wait_until


def test_a_task_used_again_in_a_second_round_hangs(samples: SampleHost) -> None:
    instance_id = samples.start("reuses_its_timer")
    samples.wait_for_history(instance_id, "TimerCreated")
    samples.raise_event(instance_id, "Again")
    samples.wait_for_history(instance_id, "EventRaised")
    samples.advance(61)
    samples.wait_for_history(instance_id, "TimerFired")
    # The SDK has gone on to call the activity; the extension waits for "Again" alone.
    assert samples.status(instance_id)["runtimeStatus"] == "Running"
    assert "TaskCompleted" not in samples.history(instance_id)
    samples.raise_event(instance_id, "Again")
    assert samples.wait_for(instance_id)["output"] == "timed out"


def test_the_loop_that_keeps_the_copy_of_an_early_event_spins(samples: SampleHost) -> None:
    instance_id = samples.start("keeps_the_copy")
    samples.raise_event(instance_id, "Proceed")
    samples.wait_for_history(instance_id, "EventRaised")
    samples.advance(3600)
    # One event, but every round is over at once: durable-python#507.
    assert samples.wait_for(instance_id)["output"] == 8


def test_a_timer_left_running_keeps_the_instance_running(samples: SampleHost) -> None:
    instance_id = samples.start("forgets_its_timer")
    samples.raise_event(instance_id, "Go")
    samples.wait_for_history(instance_id, "EventRaised")
    told = f"{instance_id}: forgets_its_timer returned, but a timer due "
    assert wait_until(lambda: told in samples.host.log, PATIENCE)
    assert samples.status(instance_id)["runtimeStatus"] == "Running"
    samples.raise_event(instance_id, "Go")
    samples.advance(601)
    assert samples.wait_for(instance_id)["output"] == "done"
    assert samples.host.log.count(told) == 1


def test_a_custom_status_over_16_kb_fails_the_orchestration(samples: SampleHost) -> None:
    # 16 KB of UTF-16 are 8192 characters, and two are the quotation marks.
    assert samples.run("large_status", {"characters": 8190})["output"] == "fits"
    ended = samples.run("large_status", {"characters": 8191})
    assert ended["runtimeStatus"] == "Failed"
    assert "must not exceed 16 KB" in ended["output"]


def test_an_output_that_is_no_json_fails_the_orchestration(samples: SampleHost) -> None:
    ended = samples.run("output_is_no_json")
    assert ended["runtimeStatus"] == "Failed"
    assert "not JSON serializable" in ended["output"]


def test_a_failed_orchestration_keeps_its_last_custom_status(samples: SampleHost) -> None:
    ended = samples.run("raises")
    assert ended["customStatus"] == {"stage": "after"}
    assert ended["output"] == "Orchestrator function 'raises' failed: that went wrong"
