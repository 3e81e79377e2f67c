"""Calls of activities and orchestrators that are not there fail, whatever the reason."""

from collections.abc import Iterator

import pytest

from tests.e2e.sample_host import SampleHost


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleHost]:
    settings = {f"AzureWebJobs.{name}.Disabled": "true" for name in ("note", "echo")}
    running = SampleHost("samples", tmp_path_factory.mktemp("missing"), **settings)
    with running.host:
        yield running


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ({"activity": "no_such_activity"}, "an activity function"),
        ({"activity": "note"}, "an activity function"),
        ({"activity": "note", "attempts": 2}, "an activity function"),
        ({"orchestrator": "no_such_orchestrator"}, "an orchestrator function"),
        ({"orchestrator": "echo"}, "an orchestrator function"),
    ],
)
def test_the_call_fails_and_the_orchestrator_may_catch_it(
    host: SampleHost, call: dict[str, object], kind: str
) -> None:
    name = call.get("activity") or call.get("orchestrator")
    why = f"The function '{name}' doesn't exist, is disabled, or is not {kind}."
    ended = host.run("calls_a_stranger", {**call, "catch": True})
    assert ended["runtimeStatus"] == "Completed"
    assert why in ended["output"]
    ended = host.run("calls_a_stranger", {**call, "catch": False})
    assert ended["runtimeStatus"] == "Failed"
    assert f"calls_a_stranger calls '{name}'" in host.host.log
