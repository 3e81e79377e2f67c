"""Measure two versions in turns, round after round."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.against.figures import Figures, summary
from benchmarks.against.measures import FULL, QUICK, measure_version
from benchmarks.against.versions import TODAY, checked_out

ROUNDS = 3


def measure(quick: bool, say: Callable[[str], None], commit: str) -> dict[str, Any]:
    """Return each figure of both versions, and how many times the other's it is."""
    size = QUICK if quick else FULL
    before: list[Figures] = []
    now: list[Figures] = []
    say(f"  checking {commit} out, with a venv of its own")
    with checked_out(commit) as version:
        for number in range(1 if quick else ROUNDS):
            # The machine may get slower or faster meanwhile: each is first in every other round.
            turns = [(version, before), (TODAY, now)]
            for each, figures in turns if number % 2 == 0 else reversed(turns):
                figures.append(measure_version(each, size))
            told = "orders_at_32"
            say(f"  round {number + 1}  {told} {before[-1][told]:.0f}, now {now[-1][told]:.0f}")
    return {"commit": commit, "measures": summary(before, now)}
