"""CPU for an order on azure-functions-durable 1.7 and 2.0, in turns: two Pythons as arguments."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence

from tools.hosts import ROOT

ORDERS, IN_FLIGHT, TURNS = 300, 20, 5


def cpu_ms_per_order(python: str) -> float:
    """Take orders through the emulator's engine on this Python; give what one costs."""
    command = [python, "-m", "benchmarks.engine.emulator", str(ORDERS), str(IN_FLIGHT)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return float(json.loads(run.stdout)["cpu_ms_per_order"])


def main(pythons: Sequence[str]) -> None:
    """Print the median of each Python, and every turn."""
    measured: dict[str, list[float]] = {python: [] for python in pythons}
    for _ in range(TURNS):
        for python in pythons:
            measured[python].append(cpu_ms_per_order(python))
    for python, figures in measured.items():
        turns = " ".join(f"{each:.2f}" for each in figures)
        print(f"{statistics.median(figures):6.2f} ms of CPU an order   {python} ({turns})")


if __name__ == "__main__":
    main(sys.argv[1:])
