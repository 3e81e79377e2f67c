"""Run the same workflow on each engine, in turns, each run in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.figures import spread
from tools.hosts import ROOT
from tools.processes import ToolError

CONTENDERS = ("emulator", "durabletask", "dbos")
ORDERS, QUICK_ORDERS = 200, 40
ROUNDS = 3
# durabletask's in-memory backend serves ten calls at once: more customers who wait for their
# orders' ends would leave none to its own worker.
IN_FLIGHT = 8
RUN_SECONDS = 300

Run = dict[str, Any]


def measure(quick: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """Return each engine's orders per second, latencies, CPU and memory, and how ours compares."""
    orders = QUICK_ORDERS if quick else ORDERS
    runs: dict[str, list[Run]] = {name: [] for name in CONTENDERS}
    for number in range(1 if quick else ROUNDS):
        for name in CONTENDERS:
            runs[name].append(_run(name, orders))
        speeds = ", ".join(f"{name} {runs[name][-1]['orders_per_second']:.0f}" for name in runs)
        say(f"  round {number + 1}  orders/s {speeds}")
    return {
        "orders": orders,
        "in_flight": IN_FLIGHT,
        "contenders": [_summary(name, runs) for name in CONTENDERS],
    }


def _summary(name: str, runs: dict[str, list[Run]]) -> dict[str, Any]:
    first = runs[name][0]
    numbers = [key for key, value in first.items() if isinstance(value, float)]
    # Round by round: a noisy minute harms both.
    ratios = [
        ours["orders_per_second"] / theirs["orders_per_second"]
        for ours, theirs in zip(runs[CONTENDERS[0]], runs[name], strict=True)
    ]
    return {
        "contender": first["contender"],
        "persists": first["persists"],
        **{key: spread([run[key] for run in runs[name]], 2) for key in numbers},
        "emulator_is_faster": spread(ratios, 2),
    }


def _run(name: str, orders: int) -> Run:
    command = [sys.executable, "-W", "ignore", "-m", f"benchmarks.engine.{name}"]
    try:
        done = subprocess.run(
            [*command, str(orders), str(IN_FLIGHT)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
        )
        result: Run = json.loads(done.stdout.strip().splitlines()[-1])
    except (subprocess.TimeoutExpired, ValueError, IndexError) as error:
        detail = "" if isinstance(error, subprocess.TimeoutExpired) else done.stderr[-2000:]
        raise ToolError(
            f"benchmarks.engine.{name} gave no figures ({type(error).__name__}).\n{detail}"
        ) from None
    return result
