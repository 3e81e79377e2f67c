"""A short run of `make chaos`, and whether it notices an app that is wrong."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.hosts import ROOT

# A round in which a worker is killed, and orders are terminated and purged.
SEED = 7
BUGS = Path(__file__).parent / "bugs"


def chaos(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tools.chaos", *arguments],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.timeout(240)
def test_a_short_run_of_chaos_violates_nothing(tmp_path: Path) -> None:
    arguments = ["--seed", str(SEED), "--round", "0", "--round-orders", "60"]
    table = tmp_path / "table.md"
    done = chaos(tmp_path, *arguments, "--round-faults", "60", "--table", str(table))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"python -m tools.chaos --seed {SEED} --workers 2 --round 0" in done.stdout
    rows = re.findall(r"^\| (.+) \| ([\d,]+) \| ([\d,]+) \| (\d+) \|$", table.read_text(), re.M)
    happened = {title: int(count) for title, count, _, _ in rows}
    # Which of the requests that a fault waits for come is the machine's affair, but not these.
    assert happened["Worker process killed with -9"] >= 1
    assert happened["All"] >= 30 and len(happened) >= 8
    assert {violated for _, _, _, violated in rows} == {"0"}
    assert table.read_text() in done.stdout


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("bug", "faults", "found"),
    [
        ("releases_nothing", [], r"order (\S+) is \w+ and still holds stock"),
        (
            "pays_again",
            ["--only", "activity", "--round-faults", "40"],
            r"order (\S+) was charged \d+ by the books, and Stripe keeps \d+",
        ),
    ],
)
def test_chaos_notices_an_app_that_is_wrong(
    bug: str, faults: list[str], found: str, tmp_path: Path
) -> None:
    arguments = ["--seed", "3", "--round", "0", "--round-orders", "40", "--patience", "2"]
    done = chaos(
        tmp_path, *arguments, "--round-faults", "0", *faults, "--bug", str(BUGS / f"{bug}.py")
    )
    assert done.returncode == 1, done.stdout + done.stderr
    named = re.search(found, done.stdout)
    assert named, done.stdout
    [report] = tmp_path.glob("chaos-3-0-*/report.md")
    text = report.read_text()
    assert f"## Order {named[1]}: " in text and "--round 0" in text
    assert "ExecutionCompleted" in text and '"RowKey": "order:' in text
    assert str(report) in done.stdout
