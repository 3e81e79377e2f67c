"""Apps written the way the public samples are run to their ends."""

import pytest

from tests.e2e.sample_host import PATIENCE, SampleHost
from tests.support import wait_until


def test_function_chaining(samples: SampleHost) -> None:
    assert samples.run("hello_cities")["output"] == [
        "Hello Tokyo!",
        "Hello Seattle!",
        "Hello London!",
    ]


def test_a_starter_function_starts_what_its_route_names(samples: SampleHost) -> None:
    answer = samples.call("POST", f"{samples.host.base_url}/api/orchestrators/echo", json={"a": 1})
    assert answer.status_code == 202
    # The client of SDK 1.x encodes its input twice: durable-python#295.
    assert samples.wait_for(answer.json()["id"])["output"] == {"a": 1}


def test_fan_out_and_fan_in(samples: SampleHost) -> None:
    assert samples.run("fan_out", "12")["output"] == sum(n * n for n in range(12))


def test_fan_out_over_nothing(samples: SampleHost) -> None:
    assert samples.run("fan_out", "0")["output"] == 0


def test_human_interaction_approved(samples: SampleHost) -> None:
    instance_id = samples.start("approval")
    samples.raise_event(instance_id, "approvalevent", {"by": "ada"})
    samples.raise_event(instance_id, "ApprovalEvent", {"by": "bob"})
    assert samples.wait_for(instance_id)["output"] == {"approved": {"by": "bob"}}


def test_human_interaction_escalated_after_three_days(samples: SampleHost) -> None:
    instance_id = samples.start("approval")
    samples.wait_for_history(instance_id, "TimerCreated")
    samples.advance(72 * 3600)
    assert "escalated" in samples.wait_for(instance_id)["output"]


def test_a_timer_of_a_month_is_split_by_the_sdk_and_fires_in_the_end(samples: SampleHost) -> None:
    instance_id = samples.start("waits_a_month")
    for _ in range(30):
        samples.wait_for(instance_id, "Running", "Completed")
        samples.advance(86_400)
    assert samples.wait_for(instance_id)["output"] == "a month later"


def test_sub_orchestrations_know_their_parent(samples: SampleHost) -> None:
    instance_id = samples.start("parent")
    output = samples.wait_for(instance_id)["output"]
    assert output == [
        {"doubled": 40, "parent": instance_id},
        {"doubled": 2, "parent": instance_id},
    ]
    assert samples.status(f"{instance_id}-b")["runtimeStatus"] == "Completed"


@pytest.mark.parametrize("name", ["parent_with_retry", "with_retry"])
def test_what_fails_twice_works_at_the_third_attempt(samples: SampleHost, name: str) -> None:
    assert samples.run(name)["output"] == "worked at attempt 3"


def test_retries_that_are_used_up_fail_the_orchestration(samples: SampleHost) -> None:
    ended = samples.run("gives_up")
    assert ended["runtimeStatus"] == "Failed"
    assert ended["output"].startswith(
        "Orchestrator function 'gives_up' failed: Activity function 'always_fail' failed:  "
        "ValueError: no luck today"
    )


def test_an_orchestrator_may_catch_what_an_activity_raised(samples: SampleHost) -> None:
    assert "ValueError: no luck today" in samples.run("catches")["output"]


def test_an_eternal_orchestration_continues_as_new(samples: SampleHost) -> None:
    instance_id = samples.start("counter")
    for _ in range(3):
        samples.raise_event(instance_id, "operation", "incr")
    assert wait_until(lambda: samples.status(instance_id)["input"] == "3", PATIENCE)
    samples.raise_event(instance_id, "operation", "end")
    assert samples.wait_for(instance_id)["output"] == 3


def test_a_periodic_orchestration_keeps_a_short_history(samples: SampleHost) -> None:
    instance_id = samples.start("periodic_cleanup")
    for rounds in range(1, 6):
        samples.wait_for_custom_status(instance_id, {"rounds": rounds})
        samples.advance(3600)
    samples.wait_for_custom_status(instance_id, {"rounds": 6})
    assert len(samples.history(instance_id)) <= 6
    samples.call("POST", f"/instances/{instance_id}/terminate")
    samples.wait_for(instance_id, "Terminated")


def test_an_orchestrator_that_is_no_generator_runs(samples: SampleHost) -> None:
    assert samples.run("echo", {"x": [1, None]})["output"] == {"x": [1, None]}
