"""`make bench`: the engine beside its peers, in turns, so that a noisy machine harms all alike."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.console import fail, say
from tools.hosts import ROOT
from tools.processes import ToolError

CONTENDERS = ("emulator", "durabletask", "dbos")
PACKAGES = ("durabletask", "dbos")
COLUMNS = (
    ("orders_per_second", "orders/s"),
    ("p50_ms", "p50 ms"),
    ("p95_ms", "p95 ms"),
    ("cpu_ms_per_order", "CPU ms/order"),
    ("peak_mb", "peak MB"),
)
RUN_SECONDS = 300

Run = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark, print the table, write the JSON file."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.bench",
        description="Measure the emulator's engine beside durabletask (memory) and DBOS (SQLite).",
    )
    parser.add_argument("--rounds", type=int, default=5, help="runs of each (default 5)")
    parser.add_argument("--orders", type=int, default=300, help="orders in a run (default 300)")
    parser.add_argument("--in-flight", type=int, default=8, help="orders at once (default 8)")
    parser.add_argument("--output", type=Path, default=ROOT / "bench.json", help="JSON file")
    options = parser.parse_args(arguments)
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        fail(f"{', '.join(missing)} missing. Run: make bench (it installs them)")
        return 1
    say(
        f"{options.rounds} rounds of {options.orders} orders, {options.in_flight} at once: "
        "check, pause, event, check, pay; activities do nothing."
    )
    runs: dict[str, list[Run]] = {name: [] for name in CONTENDERS}
    try:
        for number in range(1, options.rounds + 1):
            for name in CONTENDERS:
                run = _run(name, options.orders, options.in_flight)
                runs[name].append(run)
                speed = run["orders_per_second"]
                say(f"  round {number}  {run['contender']:<24} {speed:>8} orders/s")
    except ToolError as error:
        fail(str(error))
        return 1
    say()
    for line in table(list(runs.values())):
        say(line)
    machine = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.platform(),
    }
    options.output.write_text(json.dumps({"machine": machine, "runs": runs}, indent=2) + "\n")
    say(f"\nEvery run is in {options.output.name}.")
    return 0


def table(contenders: Sequence[Sequence[Run]]) -> list[str]:
    """Give the medians with their spread, and how the first contender compares."""
    lines = [f"{'median (least to most)':<26}" + "".join(f"{head:>24}" for _, head in COLUMNS)]
    for runs in contenders:
        cells = [_cell([run[key] for run in runs]) for key, _ in COLUMNS]
        lines.append(f"{runs[0]['contender']:<26}" + "".join(f"{cell:>24}" for cell in cells))
    ours = contenders[0]
    for runs in contenders[1:]:
        ratios = [
            mine["orders_per_second"] / theirs["orders_per_second"]
            for mine, theirs in zip(ours, runs, strict=True)
        ]
        lines.append(
            f"the emulator does {statistics.median(ratios):.1f} times the orders of "
            f"{runs[0]['contender']} ({min(ratios):.1f} to {max(ratios):.1f}, round by round)"
        )
    return lines


def _cell(values: Sequence[float]) -> str:
    return f"{statistics.median(values):g} ({min(values):g}-{max(values):g})"


def _run(name: str, orders: int, in_flight: int) -> Run:
    command = [sys.executable, "-W", "ignore", "-m", f"tools.bench.engine_{name}"]
    try:
        done = subprocess.run(
            [*command, str(orders), str(in_flight)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
        )
        result: Run = json.loads(done.stdout.strip().splitlines()[-1])
    except (subprocess.TimeoutExpired, ValueError, IndexError) as error:
        detail = "" if isinstance(error, subprocess.TimeoutExpired) else done.stderr[-2000:]
        raise ToolError(
            f"engine_{name} gave no figures ({type(error).__name__}).\n{detail}"
        ) from None
    return result


if __name__ == "__main__":
    sys.exit(main())
