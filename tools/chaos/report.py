"""A report on a round that violated something: the orders concerned, and how to repeat it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.audit.invariants import TITLES, Violation
from tools.chaos.evidence import evidence
from tools.chaos.journal import order_ids_in
from tools.chaos.placed import PlacedOrder
from tools.chaos.rig import Rig
from tools.chaos.rounds import Outcome

MOST_ORDERS = 5
MOST_VIOLATIONS = 20


def write_report(path: Path, rig: Rig, outcome: Outcome, command: str) -> None:
    """Write all that a person needs who looks for the cause: Markdown."""
    lines = [f"# Round {outcome.plan.number} of seed {outcome.plan.seed}", ""]
    lines += [f"Repeat it: `{command}`", ""]
    lines += [f"- VIOLATED {each.invariant}: {each.text}" for each in first(outcome.violations)]
    titles = {each.invariant for each in outcome.violations}
    lines += ["", *(f"Invariant {number}: {TITLES[number]}." for number in sorted(titles))]
    for order in concerned(outcome)[:MOST_ORDERS]:
        lines += ["", *evidence(rig, order)]
    lines += ["", *_of_the_round(outcome)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def first(violations: Iterable[Violation]) -> list[Violation]:
    """Return the violations to be shown: those that name an order first."""
    return sorted(violations, key=lambda each: (not order_ids_in(each.text), each.invariant))[
        :MOST_VIOLATIONS
    ]


def concerned(outcome: Outcome) -> list[PlacedOrder]:
    """Return the orders that a round's violations name, and those of the SKUs that they name."""
    placed = outcome.placed
    named: Counter[str] = Counter()
    for violation in outcome.violations:
        named.update(order_ids_in(violation.text))
    found = [placed.orders[order_id] for order_id, _ in named.most_common()]
    skus = [
        word.strip(":,")
        for violation in outcome.violations
        if violation.text.startswith("SKU ")
        for word in violation.text.split()[1:2]
    ]
    others = [order for order in placed.of_skus(skus) if order.order_id not in named]
    # The fewer orders a SKU has, the more each tells; those that somebody touched come first.
    return found + sorted(others, key=lambda order: (not order.done, len(order.quantities)))


def violated_orders(outcomes: Iterable[Outcome]) -> set[str]:
    """Return the ids of the orders that violations name."""
    texts = (violation.text for outcome in outcomes for violation in outcome.violations)
    return set(order_ids_in(*texts))


def _of_the_round(outcome: Outcome) -> Iterator[str]:
    kinds = Counter(fault.kind for fault in outcome.plan.faults)
    yield "## The round"
    yield ""
    yield "Orders: " + ", ".join(f"{n} {name}" for name, n in sorted(outcome.ends.items())) + "."
    yield "Faults planned: " + ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items())) + "."
