"""All of the growth measurements, one after another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.growth.piles import measure_piles
from benchmarks.growth.replays import measure_replays
from benchmarks.growth.rounds import measure_rounds


def measure(quick: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """Return `rounds`, `replay`, `finished` and `waiting`: a row of figures for each size.

    The functions that measure say what a row holds. Raises ToolError.
    """
    say("  rounds of an order of the app")
    rounds = measure_rounds(quick, say)
    say("  the replay of a history, the SDK and the emulator apart")
    replay = measure_replays(quick, say)
    say("  orders behind finished and behind waiting ones")
    return {"rounds": rounds, "replay": replay, **measure_piles(quick, say)}
