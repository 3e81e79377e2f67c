from pathlib import Path
from typing import Any

import pytest

from tools.chaos.rig import STARTS, Rig
from tools.processes import ToolError


class SlowHost:
    """A host that starts at its nth try."""

    def __init__(self, tries: int) -> None:
        self.tries = tries
        self.running = False

    def start(self) -> None:
        self.tries -= 1
        if self.tries:
            raise ToolError("The host was not ready within 30 s.")
        self.running = True


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    rig: Any = Rig(tmp_path)
    monkeypatch.setattr(type(rig.azurite), "running", True)
    monkeypatch.setattr(rig, "_new_host", lambda: rig.host)
    return rig


def test_a_host_that_is_slow_once_is_started_again(rig: Any) -> None:
    rig.host = SlowHost(STARTS)
    rig.start()
    assert rig.host.running


def test_a_host_that_never_starts_is_told(rig: Any) -> None:
    rig.host = SlowHost(STARTS + 1)
    with pytest.raises(ToolError, match="was not ready"):
        rig.start()


def test_a_host_that_runs_is_left_alone(rig: Any) -> None:
    rig.host = SlowHost(1)
    rig.start()
    rig.start()
    assert rig.host.tries == 0
