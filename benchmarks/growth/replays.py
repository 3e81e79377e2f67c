"""What a turn costs the SDK and what it costs the emulator, as an order's rounds grow."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.figures import spread
from tools.hosts import ROOT
from tools.processes import ToolError

SIZES = (1, 10, 50, 200)
# The rounds of the orders that are run; the first one warms up.
FULL = (10, 50, 200, 200)
QUICK = (10, 50)

Turns = Sequence[dict[str, float]]


def measure_replays(quick: bool, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Measure turns at each length of the history, in a process of their own.

    Gives for each: `rounds`, `body_bytes` that the SDK is handed at a turn, `sdk_turn_ms` and
    `emulator_turn_ms` of one turn at that length, `sdk_order_ms` and `emulator_order_ms` of an
    order of so many rounds. Milliseconds of processor time.
    """
    lengths = QUICK if quick else FULL
    say(f"    {len(lengths)} orders of up to {max(lengths)} rounds")
    command = [sys.executable, "-m", "benchmarks.growth.replay", *map(str, lengths)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise ToolError(f"The replays gave no figures.\n{done.stderr[-2000:]}")
    orders: list[Turns] = json.loads(done.stdout.splitlines()[-1])[1:]
    return [_row(size, orders) for size in SIZES if size <= max(lengths)]


def _row(size: int, orders: Sequence[Turns]) -> dict[str, Any]:
    reached = [turns for turns in orders if len(turns) > 2 * size]
    long_enough = [split(turns)[:size] for turns in reached]
    late = max(1, size // 10)
    turns = [round_ for rounds in long_enough for round_ in rounds[-late:]]
    return {
        "rounds": size,
        "body_bytes": max(
            int(order[2 * size]["body_bytes"]) for order in orders if len(order) > 2 * size
        ),
        "sdk_turn_ms": spread([sdk / 2 for sdk, _ in turns], 2),
        "emulator_turn_ms": spread([emulator / 2 for _, emulator in turns], 2),
        "sdk_order_ms": spread([sum(sdk for sdk, _ in rounds) for rounds in long_enough]),
        "emulator_order_ms": spread(
            [sum(emulator for _, emulator in rounds) for rounds in long_enough]
        ),
    }


def split(turns: Turns) -> list[tuple[float, float]]:
    """Give for each round of two turns the milliseconds of the SDK and those of the emulator.

    The clock of the first turn, which comes before all rounds, is where the first one starts. A
    round begins and ends with the SDK's last answer: what follows that answer counts in the next.
    """
    rounds = []
    for last in range(2, len(turns), 2):
        sdk = turns[last - 1]["sdk_ms"] + turns[last]["sdk_ms"]
        whole = turns[last]["done_at_ms"] - turns[last - 2]["done_at_ms"]
        rounds.append((sdk, whole - sdk))
    return rounds
