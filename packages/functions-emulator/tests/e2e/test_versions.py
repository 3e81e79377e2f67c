"""Orchestration versions: `extensions.durableTask.defaultVersion` and those that a start names."""

from collections.abc import Iterator

import pytest

from tests.e2e.sample_host import SampleHost


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleHost]:
    setting = {"AzureFunctionsJobHost__extensions__durableTask__defaultVersion": "2.0"}
    running = SampleHost("samples", tmp_path_factory.mktemp("versions"), **setting)
    with running.host:
        yield running


def test_the_default_version_is_that_of_instances_and_their_children(host: SampleHost) -> None:
    instance_id = host.start("tells_its_version")
    assert host.wait_for(instance_id)["output"] == ["2.0", "2.0", "1.5", "2.0"]
    assert host.wait_for(f"{instance_id}:named")["output"] == ["1.5"]


def test_a_start_may_name_another(host: SampleHost) -> None:
    answer = host.call("POST", "/orchestrators/tells_its_version?version=3.1", json={"again": True})
    found = host.wait_for(answer.json()["id"])["output"]
    assert found[0] == "3.1"
    assert found[-1] == "3.1"  # kept through continue-as-new


def test_without_a_setting_there_is_none(samples: SampleHost) -> None:
    assert samples.run("tells_its_version")["output"][0] in ("", None)
