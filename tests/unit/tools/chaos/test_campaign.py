from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tools.chaos import campaign
from tools.chaos.journal import Journal
from tools.chaos.kinds import KINDS
from tools.chaos.wish import Wish
from tools.processes import ToolError


def test_a_run_that_breaks_off_says_where_its_logs_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "host-000.log"
    log.write_text("what the host said")
    journal = Journal()
    journal.note("azurite-stopped", ["s7-r003-0001"], "away", at=12.5)
    rig = SimpleNamespace(logs=[log, tmp_path / "never-written.log"], journal=journal)

    class Started:
        def __init__(self, *given: object) -> None: ...

        def __enter__(self) -> Any:
            return rig

        def __exit__(self, *exception: object) -> None: ...

    def breaks_off(*given: object) -> None:
        raise ToolError("the app answered 503 for two minutes")

    monkeypatch.setattr(campaign, "Rig", Started)
    monkeypatch.setattr(campaign, "run_round", breaks_off)
    monkeypatch.setattr(
        campaign.tempfile, "mkdtemp", lambda prefix: str(_made(tmp_path / f"{prefix}x"))
    )
    wish = Wish(7, None, 5, 10, 10, 5, 3, tuple(KINDS), 2, "stripe", 12.0, 30.0, None)
    with pytest.raises(ToolError) as broken:
        campaign.run(tmp_path, wish, None)
    kept = tmp_path / "chaos-7-3-x"
    assert str(broken.value).startswith("the app answered 503 for two minutes\n")
    assert str(kept) in str(broken.value)
    assert wish.command(3) in str(broken.value)
    assert (kept / "host-000.log").read_text() == "what the host said"
    assert (kept / "faults.txt").read_text() == "12.50 azurite-stopped s7-r003-0001 away\n"


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
