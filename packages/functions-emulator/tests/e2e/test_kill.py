"""The emulator is killed with -9 at random moments, and nothing is lost."""

import os
import random
import threading
from collections import Counter
from pathlib import Path

import pytest
import requests

from tests.e2e.sample_host import DURABLE, SampleHost

# `KILLS=50 python -m pytest tests/e2e/test_kill.py` takes longer and finds what is rarer.
KILLS = int(os.environ.get("KILLS", "10"))


class Load(threading.Thread):
    """Starts orders and sends each its event, again and again until the answer is yes."""

    def __init__(self, base_url: str) -> None:
        super().__init__(daemon=True)
        self.started: list[int] = []
        self._base_url = base_url + DURABLE
        self._over = threading.Event()

    def run(self) -> None:
        number = 0
        while not self._over.is_set():
            self._insist(f"/orchestrators/endure/kill-{number}", {"number": number}, (202, 409))
            self._insist(f"/instances/kill-{number}/raiseEvent/Go", number, (202,))
            self.started.append(number)
            number += 1

    def finish(self) -> None:
        self._over.set()
        self.join()

    def _insist(self, path: str, data: object, wanted: tuple[int, ...]) -> None:
        while True:
            try:
                answer = requests.post(self._base_url + path, json=data, timeout=10)
            except requests.RequestException:
                self._over.wait(0.01)
                continue
            assert answer.status_code in wanted, answer.text
            return


@pytest.mark.timeout(900)
def test_every_order_ends_right_after_kill_after_kill(tmp_path: Path) -> None:
    chance = random.Random(20261122)
    host = SampleHost("samples", tmp_path)
    host.host.start()
    load = Load(host.host.base_url)
    load.start()
    try:
        for _ in range(KILLS):
            assert load.is_alive()
            load.join(timeout=chance.uniform(0.0, 0.4))
            host.host.kill()
            host.host.start()
        load.finish()
        assert len(load.started) > KILLS
        for number in load.started:
            _assert_ended_right(host, number)
    finally:
        load.finish()
        host.host.stop()


def _assert_ended_right(host: SampleHost, number: int) -> None:
    instance_id = f"kill-{number}"
    ended = host.wait_for(instance_id)
    assert ended["runtimeStatus"] == "Completed"
    output = ended["output"]
    # The event may have been sent twice: its answer was lost in a kill.
    assert output == {
        "first": number + 1,
        "event": number,
        "parts": [1, 2, 3],
        "nested": number + 1,
    }
    counted = Counter(host.history(instance_id))
    assert counted["TaskCompleted"] == 4
    assert counted["SubOrchestrationInstanceCompleted"] == 1
    assert counted["ExecutionCompleted"] == 1


def test_a_second_emulator_on_the_same_state_file_is_refused(
    samples: SampleHost, tmp_path: Path
) -> None:
    second = SampleHost("samples", tmp_path)
    second.host.state = samples.state
    with pytest.raises(
        Exception, match=r"Another emulator \(process \d+, http://.*\) is running on the state"
    ):
        second.host.start()


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\0" * 300])
def test_a_damaged_state_file_is_refused(tmp_path: Path, content: bytes) -> None:
    host = SampleHost("samples", tmp_path)
    host.state.write_bytes(content)
    with pytest.raises(Exception, match="Delete it to start afresh"):
        host.host.start()
    assert host.state.read_bytes() == content


def test_a_pause_outlives_a_kill(tmp_path: Path) -> None:
    host = SampleHost("samples", tmp_path)
    with host.host:
        instance_id = host.start("approval")
        host.wait_for_history(instance_id, "TimerCreated")
        host.advance(71 * 3600)
        host.host.kill()
        host.host.start()
        # The clock has kept its step: the last hour of three days is left.
        assert host.status(instance_id)["runtimeStatus"] == "Running"
        host.advance(3601)
        assert "escalated" in host.wait_for(instance_id)["output"]
