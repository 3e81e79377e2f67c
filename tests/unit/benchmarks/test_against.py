import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from benchmarks.against.figures import MEASURES, Measure, summary
from benchmarks.against.report import table
from benchmarks.against.versions import checked_out
from tools.hosts import ROOT
from tools.processes import ToolError

FEW = Measure("few", "requests", target=1.5)
MANY = Measure("many", "orders", more_is_better=True, ratio=1.8)


def cells(line: str) -> list[str]:
    return line.replace("|", " ").split()


@pytest.mark.parametrize(
    ("measure", "now", "ratio", "reached"),
    [
        (FEW, 1.5, 9.0, True),
        (FEW, 1.6, 0.1, False),
        (MANY, 10.0, 1.8, True),
        (MANY, 90.0, 1.7, False),
        (Measure("any", "any"), 1.0, 1.0, None),
    ],
)
def test_an_aim_is_a_figure_of_now_or_how_many_times_it_was_before(
    measure: Measure, now: float, ratio: float, reached: bool | None
) -> None:
    assert measure.is_reached(now, ratio) is reached


def _rounds(**of_each: list[float]) -> list[dict[str, float]]:
    rounds = len(next(iter(of_each.values())))
    return [
        {measure.key: of_each.get(measure.key, [1.0] * rounds)[number] for measure in MEASURES}
        for number in range(rounds)
    ]


def test_versions_are_compared_round_by_round() -> None:
    before = _rounds(orders_at_32=[10.0, 20.0, 40.0])
    now = _rounds(orders_at_32=[30.0, 40.0, 80.0])
    found = summary(before, now)["orders_at_32"]
    assert found["before"] == {"median": 20.0, "least": 10.0, "most": 40.0}
    assert found["ratio"] == {"median": 2.0, "least": 2.0, "most": 3.0}


def test_what_was_nothing_before_has_no_ratio() -> None:
    result = {
        "commit": "898c4a3",
        "measures": summary(_rounds(sweep_requests=[0.0]), _rounds(sweep_requests=[0.05])),
    }
    assert result["measures"]["sweep_requests"]["ratio"] is None  # type: ignore[index]
    [line] = [line for line in table(result) if "the sweep's storage requests" in line]
    assert cells(line)[-5:] == ["0.00", "0.05", "<=", "0.1", "reached"]


def test_the_table_says_which_aims_are_missed() -> None:
    figures: dict[str, Any] = summary(
        _rounds(storage_code_cpu_ms=[11.0], whole_at_32=[45.0]),
        _rounds(storage_code_cpu_ms=[4.4], whole_at_32=[60.0]),
    )
    lines = table({"commit": "898c4a3", "measures": figures})
    [storage] = [line for line in lines if "storage code of an order" in line]
    [flight] = [line for line in lines if "32 in flight, each on its own host" in line]
    assert storage.replace("|", " ").split()[-6:] == [
        "11.00",
        "4.40",
        "0.40",
        "<=",
        "4.5",
        "reached",
    ]
    assert flight.replace("|", " ").split()[-6:] == ["60", "1.33", ">=", "2.5", "x", "MISSED"]


def test_a_commit_that_is_not_there_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its own place: a benchmark that runs meanwhile has a worktree of this repository as well.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def worktrees() -> str:
        command = ["git", "worktree", "list"]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout

    with pytest.raises(ToolError, match="git worktree add"), checked_out("no-such-commit"):
        pass
    assert str(tmp_path) not in worktrees()
    assert not list(tmp_path.iterdir())
