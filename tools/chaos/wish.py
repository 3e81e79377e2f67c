"""What a run is asked for: how much, how long, and the command that does it again."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from pathlib import Path

from tools.chaos.kinds import STRIPE, chosen
from tools.chaos.schedule import Round, make_round

MINUTES = 5.0
MOST_ORDERS_A_ROUND = 500
_FEWEST_ORDERS_A_ROUND = 20
# So many orders a minute fit, at least.
_ORDERS_A_MINUTE = 60
# Where no numbers are wanted.
FAULTS_AN_ORDER = 0.5
# Some faults are planned and meet nothing before their round is over.
SURPLUS = 1.1
# Seconds within which the books are sound when all is at rest: the sweep gives up a purged order
# at its second look, five seconds after the first.
PATIENCE = 30.0
# Orders a second of an open loop.
RATE = 12.0


@dataclass(frozen=True)
class Wish:
    """What the command line asks for."""

    seed: int
    minutes: float | None
    faults: int | None
    orders: int | None
    round_orders: int
    round_faults: int
    only_round: int | None
    kinds: tuple[str, ...]
    workers: int
    gateway: str
    rate: float
    patience: float
    bug: Path | None

    def is_granted(self, rounds: int, faults: int, orders: int, seconds: float) -> bool:
        """Tell whether a run has done all that it was asked for, or has used up its time."""
        if self.minutes is not None and seconds >= self.minutes * 60:
            return True
        if self.only_round is not None:
            return rounds > 0
        if self.faults is None and self.orders is None:
            return False
        return faults >= (self.faults or 0) and orders >= (self.orders or 0)

    def command(self, number: int | None = None) -> str:
        """Return the command that repeats one round, or all of the run."""
        everything = tuple(chosen(gateway=self.gateway))
        words = ["python -m tools.chaos", f"--seed {self.seed}", f"--workers {self.workers}"]
        if number is not None:
            words += [f"--round {number}"]
        else:
            words += [f"--minutes {self.minutes:g}"] if self.minutes is not None else []
            words += [f"--faults {self.faults}"] if self.faults is not None else []
            words += [f"--orders {self.orders}"] if self.orders is not None else []
        words += [f"--round-orders {self.round_orders}", f"--round-faults {self.round_faults}"]
        words += [f"--rate {self.rate:g}"] if self.rate != RATE else []
        words += [f"--gateway {self.gateway}"] if self.gateway != STRIPE else []
        words += [f"--patience {self.patience:g}"] if self.patience != PATIENCE else []
        words += [f"--only '{' '.join(self.kinds)}'"] if self.kinds != everything else []
        words += [f"--bug {self.bug}"] if self.bug is not None else []
        return " ".join(words)

    def round(self, number: int) -> Round:
        """Return one of the rounds."""
        return make_round(self.seed, number, self.round_orders, self.round_faults, self.kinds)


def orders_a_round(minutes: float | None, orders: int | None) -> int:
    """Return how many orders a round has, so that a run has more than one."""
    if orders is not None:
        return min(MOST_ORDERS_A_ROUND, orders)
    wanted = int((minutes or MINUTES) * _ORDERS_A_MINUTE)
    return max(_FEWEST_ORDERS_A_ROUND, min(MOST_ORDERS_A_ROUND, wanted))


def faults_a_round(round_orders: int, faults: int | None, orders: int | None) -> int:
    """Return how many faults are planned in a round."""
    each = faults / orders if faults and orders else FAULTS_AN_ORDER
    return ceil(SURPLUS * each * round_orders)
