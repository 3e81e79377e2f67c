"""What is done in a round: orders and faults, made from a seed alone. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tools.chaos.kinds import KINDS

# How many of a hundred orders are of each scenario: see scenarios.py.
SCENARIOS = {
    "in stock": 30,
    "hot SKU": 12,
    "many lines": 3,
    "declined": 8,
    "short, restocked": 14,
    "short, woken": 12,
    "cancelled": 9,
    "expired": 5,
    "duplicated": 7,
}


@dataclass(frozen=True)
class PlannedFault:
    """A fault that is due when so many orders of the round were begun; `number` is its seed."""

    due: int
    kind: str
    number: int


@dataclass(frozen=True)
class Round:
    """A round of orders and faults.

    `is_open`: orders come at a rate of their own; else each customer waits for its order's end.
    """

    seed: int
    number: int
    scenarios: tuple[str, ...]
    faults: tuple[PlannedFault, ...]
    is_open: bool

    @property
    def prefix(self) -> str:
        """What the ids of this round's orders and SKUs begin with, and no others'."""
        return f"s{self.seed}-r{self.number:03d}-"

    def order_id(self, number: int) -> str:
        """Return the id of an order of this round."""
        return f"{self.prefix}{number:04d}"

    def chance(self, *what: object) -> random.Random:
        """Return the source of one thing's choices: the same whenever it is asked for."""
        return random.Random(" ".join(map(str, (self.seed, self.number, *what))))


def make_round(
    seed: int, number: int, orders: int, faults: int, kinds: Sequence[str] = tuple(KINDS)
) -> Round:
    """Return a round; the same arguments always make the same one."""
    chance = random.Random(f"{seed} {number} {orders} {faults}")
    scenarios = chance.choices(list(SCENARIOS), list(SCENARIOS.values()), k=orders)
    shares = [KINDS[name].share for name in kinds]
    drawn = chance.choices(list(kinds), shares, k=faults)
    planned = [
        PlannedFault(chance.randrange(orders), kind, each) for each, kind in enumerate(drawn)
    ]
    planned.sort(key=lambda fault: (fault.due, fault.number))
    return Round(seed, number, tuple(scenarios), tuple(planned), is_open=number % 2 == 0)
