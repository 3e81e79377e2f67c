"""CPU of an order on azure-functions-durable 1.7 and 2.0, in turns: their Pythons as arguments.

In each of their environments: the packages of `make setup` and psutil. Prints tables for
docs/performance.md: what an order costs by the number of its rounds, and the SDK's own part of it.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from benchmarks.engine.replays import PLAIN
from tools.hosts import ROOT

# Rounds of an order, how many orders, and how many of them at a time.
LENGTHS = ((1, 300, 20), (10, 60, 10), (50, 12, 5))
TURNS = 5
# Has the app of engine/app keep what the emulator eases for 1.7.
AS_INSTALLED = "SDK_AS_INSTALLED"
# A Python, and whether its SDK is left as it is installed.
Contender = tuple[str, bool]
_VERSION = "import importlib.metadata as m; print(m.version('azure-functions-durable'))"


def main(pythons: Sequence[str]) -> None:
    """Measure each Python in turns, and print the medians."""
    runs: defaultdict[tuple[Contender, int], list[Any]] = defaultdict(list)
    names = {python: _name(python) for python in pythons}
    contenders = [
        (python, plain)
        for python in pythons
        for plain in ((False, True) if names[python].startswith("1.") else (False,))
    ]
    for _ in range(TURNS):
        for rounds, orders, in_flight in LENGTHS:
            for python, plain in contenders:
                words = ["-m", "benchmarks.engine.emulator", *map(str, (orders, in_flight, rounds))]
                figures = _run(python, *words, **({AS_INSTALLED: "1"} if plain else {}))
                runs[(python, plain), rounds].append(json.loads(figures))
    print("| CPU ms an order |" + "".join(f" {_rounds(rounds)} |" for rounds, *_ in LENGTHS))
    print("| --- |" + " ---: |" * len(LENGTHS))
    for part, of in (("", _whole), (": host", _host), (": worker", _worker)):
        for each in contenders:
            medians = [statistics.median(of(run) for run in runs[each, r]) for r, *_ in LENGTHS]
            _row(names, each, part, medians)
    for python, plain in contenders:
        lengths = [str(rounds) for rounds, *_ in LENGTHS]
        words = ["-m", "benchmarks.engine.replays", *lengths, *([PLAIN] if plain else [])]
        _row(names, (python, plain), ": the SDK alone", json.loads(_run(python, *words)))


def _row(names: dict[str, str], of: Contender, part: str, figures: Sequence[float]) -> None:
    python, plain = of
    name = f"{names[python]}{', as installed' if plain else ''}{part}"
    print(f"| {name} |" + "".join(f" {each:.2f} |" for each in figures))


def _whole(run: Any) -> float:
    return float(run["cpu_ms_per_order"])


def _worker(run: Any) -> float:
    return float(run["cpu_ms_of_workers"])


def _host(run: Any) -> float:
    return _whole(run) - _worker(run)


def _rounds(number: int) -> str:
    return f"{number} round{'s' if number > 1 else ''}"


def _name(python: str) -> str:
    version = _run(python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])").strip()
    return f"{_run(python, '-c', _VERSION).strip()} on Python {version}"


def _run(python: str, *words: str, **settings: str) -> str:
    done = subprocess.run(
        [python, "-W", "ignore", *words],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


if __name__ == "__main__":
    main(sys.argv[1:])
