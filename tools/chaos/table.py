"""The figures of a run as Markdown, as docs/reliability.md shows them."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tools.chaos.journal import Journal
from tools.chaos.kinds import KINDS
from tools.chaos.report import violated_orders
from tools.chaos.rounds import Outcome


@dataclass(frozen=True)
class Run:
    """What a run was asked for and took."""

    command: str
    workers: int
    seconds: float
    messages: int
    replayed: int


def markdown(run: Run, outcomes: Sequence[Outcome], journal: Journal) -> str:
    """Return the table and what is to be said of it."""
    return "\n".join([*_head(run, outcomes, journal), "", *_rows(outcomes, journal), ""])


def total(journal: Journal) -> int:
    """Return how many faults have happened."""
    return sum(journal.counts().values())


def _head(run: Run, outcomes: Sequence[Outcome], journal: Journal) -> Iterator[str]:
    orders = sum(len(outcome.placed.orders) for outcome in outcomes)
    violations = sum(len(outcome.violations) for outcome in outcomes)
    ends: Counter[str] = sum((outcome.ends for outcome in outcomes), Counter())
    yield (
        f"`{run.command}`: {orders:,} orders and {total(journal):,} faults in {len(outcomes)} "
        f"rounds, {run.seconds / 60:.0f} minutes, {run.workers} worker processes; {violations} "
        f"violations. Python {platform.python_version()}, {platform.system()}, "
        f"{os.cpu_count()} cores."
    )
    yield ""
    told = (f"{count:,} {name}" for name, count in sorted(ends.items()))
    yield f"How the orders ended: {', '.join(told)}."
    yield f"Messages: {run.messages:,} sent, {run.replayed} of them from the poison queue again."


def _rows(outcomes: Sequence[Outcome], journal: Journal) -> Iterator[str]:
    counts, hit, violated = journal.counts(), journal.orders_hit(), violated_orders(outcomes)
    yield "| Fault | Happened | Orders hit | Violated |"
    yield "|---|---|---|---|"
    for name, kind in KINDS.items():
        if counts[name]:
            orders = hit.get(name, set())
            broken = len(orders & violated)
            yield f"| {kind.title} | {counts[name]:,} | {len(orders):,} | {broken} |"
    everywhere = set().union(*hit.values()) if hit else set()
    yield f"| All | {total(journal):,} | {len(everywhere):,} | {len(violated)} |"
