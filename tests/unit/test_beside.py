"""Commands that run beside each other, as `make test` runs its two pytests."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tools.hosts import ROOT

BESIDE = [sys.executable, str(ROOT / "tests" / "beside.py")]
# Each waits for the other before it ends.
MEET = "sh -c 'echo {0}; touch {0}; until test -e {1}; do sleep 0.01; done; exit {2}'"


def beside(folder: Path, *commands: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*BESIDE, *commands], cwd=folder, capture_output=True, text=True, timeout=60
    )


def test_they_run_at_once_and_each_is_shown_as_a_whole(tmp_path: Path) -> None:
    done = beside(tmp_path, MEET.format("one", "two", 0), MEET.format("two", "one", 0))
    assert (done.returncode, done.stdout) == (0, "one\ntwo\n")


@pytest.mark.parametrize(("first", "second"), [(3, 0), (0, 3), (3, 4)])
def test_it_fails_if_one_of_them_does(tmp_path: Path, first: int, second: int) -> None:
    done = beside(tmp_path, MEET.format("one", "two", first), MEET.format("two", "one", second))
    assert done.returncode == 3


def test_what_the_others_say_of_their_mistakes_is_shown(tmp_path: Path) -> None:
    assert beside(tmp_path, "true", "sh -c 'echo no >&2'").stdout == "no\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_all_of_them_end_in_order_when_it_is_told_to(tmp_path: Path, number: int) -> None:
    ends = (
        "sh -c 'trap \"echo {0} ends; exit 5\" INT TERM; touch {0}; while :; do sleep 0.01; done'"
    )
    with subprocess.Popen(
        [*BESIDE, ends.format("one"), ends.format("two")],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        while not ((tmp_path / "one").exists() and (tmp_path / "two").exists()):
            assert process.poll() is None
        # A terminal sends Ctrl-C to all; others send their signal to the one that they know.
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
        told, _ = process.communicate(timeout=60)
        assert (process.returncode, told) == (5, "one ends\ntwo ends\n")
