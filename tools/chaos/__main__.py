"""Fault after fault under load, and the audit after each: `make chaos MINUTES=10 SEED=1`.

Exit codes: 0 all invariants held, 1 one was violated, 2 it could not be run.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tools.audit.invariants import TITLES, Violation
from tools.chaos.faults import FAULTS, run_under_load
from tools.chaos.rig import Rig
from tools.console import fail, progress, say, styled
from tools.processes import ToolError, interruptible


@dataclass
class Tally:
    """How often a fault was tried, under how many orders, and how often something broke."""

    tried: int = 0
    orders: int = 0
    violated: int = 0


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; answer the exit code."""
    options = build_parser().parse_args(arguments)
    seed = options.seed if options.seed is not None else random.randrange(10**6)
    say(f"Seed {seed}. The same again: make chaos SEED={seed} MINUTES={options.minutes:g}")
    with interruptible(), tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        try:
            chosen = choose(options.only)
            return run(Path(folder), seed, options.minutes * 60, options.seconds, chosen)
        except ToolError as error:
            fail(str(error))
            return 2
        except KeyboardInterrupt:
            return 130


def choose(only: str) -> list[str]:
    """Return the names of the faults that hold a text; raises ToolError if there are none."""
    chosen = [name for name in FAULTS if only.lower() in name.lower()]
    if not chosen:
        raise ToolError(f"No fault is called {only!r}. There are: {'; '.join(FAULTS)}.")
    return chosen


def run(folder: Path, seed: int, seconds: float, each: float, chosen: list[str]) -> int:
    """Go through the faults in random order until the time is over; stop at a violation."""
    chance = random.Random(seed)
    tallies = {name: Tally() for name in chosen}
    violations: list[Violation] = []
    end = time.monotonic() + seconds
    names: list[str] = []
    with Rig(folder, seed) as rig:
        while not violations and time.monotonic() < end:
            names = names or chance.sample(chosen, len(chosen))
            name = names.pop()
            tally = tallies[name]
            with progress(f"{name:42}"):
                tally.orders += run_under_load(rig, name, each, chance)
                violations = rig.settle()
            tally.tried += 1
            tally.violated += bool(violations)
        report(rig, tallies, violations)
        if violations:
            keep(rig, seed)
    return 1 if violations else 0


def report(rig: Rig, tallies: dict[str, Tally], violations: list[Violation]) -> None:
    """Print fault -> tried -> violated, how the orders ended, and what was violated."""
    say()
    say(f"{'fault':42} {'tried':>6} {'orders':>7} {'violated':>9}")
    for name, tally in tallies.items():
        style = "red" if tally.violated else "green" if tally.tried else "dim"
        row = f"{name:42} {tally.tried:6} {tally.orders:7} {tally.violated:9}"
        say(styled(row, style))
    ends = Counter(order.end for order in rig.books().orders.values())
    say("Orders: " + ", ".join(f"{count} {name}" for name, count in sorted(ends.items())))
    say(
        f"Messages: {len(rig.load.record.sent)} sent, {rig.replayed} of them from the poison queue "
        f"again. Storage requests: {dict(rig.proxy.made)}."
    )
    for number, text in violations:
        say(f"VIOLATED {number}. {TITLES[number]}\n           {text}")


def keep(rig: Rig, seed: int) -> None:
    """Keep the host's log for whoever looks for the cause."""
    path = Path(tempfile.gettempdir()) / f"chaos-{seed}.log"
    path.write_text(rig.host.log)
    say(f"The host's log: {path}")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.chaos",
        description="Break things under load and check that nothing is lost, nothing charged "
        "twice, no stock leaked.",
    )
    parser.add_argument("--minutes", type=float, default=5.0, help="default: %(default)s")
    parser.add_argument("--seed", type=int, help="makes the same choices again; default: random")
    parser.add_argument(
        "--only", metavar="TEXT", default="", help="try the faults whose names hold this text"
    )
    parser.add_argument(
        "--seconds", type=float, default=8.0, help="how long a fault lasts; default: %(default)s"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
