"""Whether `make chaos` notices an app that is wrong, and says which order and why."""

import re
from pathlib import Path

import pytest

from tests.e2e.faults.chaos_command import chaos

BUGS = Path(__file__).parent / "bugs"


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("bug", "faults", "found"),
    [
        (
            "releases_nothing",
            ["--round-faults", "0", "--round-orders", "20"],
            r"order (\S+) is \w+ and still (holds|waits for) stock",
        ),
        (
            "pays_again",
            ["--round-faults", "40", "--round-orders", "40", "--only", "activity"],
            r"order (\S+) was charged \d+ by the books, and Stripe keeps \d+",
        ),
    ],
)
def test_chaos_notices_an_app_that_is_wrong(
    bug: str, faults: list[str], found: str, tmp_path: Path
) -> None:
    arguments = ["--seed", "3", "--round", "0", "--patience", "2"]
    done = chaos(tmp_path, *arguments, *faults, "--bug", str(BUGS / f"{bug}.py"))
    assert done.returncode == 1, done.stdout + done.stderr
    named = re.search(found, done.stdout)
    assert named, done.stdout
    [report] = tmp_path.glob("chaos-3-0-*/report.md")
    text = report.read_text()
    assert f"## Order {named[1]}: " in text and "--round 0" in text
    assert "ExecutionCompleted" in text and '"RowKey": "order:' in text
    assert str(report) in done.stdout
