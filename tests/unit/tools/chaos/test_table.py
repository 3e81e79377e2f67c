from collections import Counter

from tools.audit.invariants import Violation
from tools.chaos.journal import Journal
from tools.chaos.placed import Placed, PlacedOrder
from tools.chaos.rounds import Outcome
from tools.chaos.schedule import make_round
from tools.chaos.table import Run, markdown, total

PLAN = make_round(1, 0, 2, 0)
IDS = [PLAN.order_id(0), PLAN.order_id(1)]


def test_the_table_tells_what_happened_how_often_and_what_was_violated() -> None:
    placed, journal = Placed(), Journal()
    for order_id in IDS:
        placed.begin(PlacedOrder(order_id, "in stock", {}))
    journal.note("storage-lost", IDS)
    journal.note("storage-lost", IDS[:1])
    journal.note("host-killed")
    violations = [Violation(1, f"order {IDS[1]} is stuck")]
    outcome = Outcome(PLAN, placed, Counter(Invoiced=2), violations)

    text = markdown(Run("python -m it", 3, 120.0, 7, 1), [outcome], journal)

    assert total(journal) == 3
    assert "`python -m it`: 2 orders and 3 faults in 1 rounds, 2 minutes, 3 worker" in text
    assert "1 violations" in text and "How the orders ended: 2 Invoiced." in text
    assert text.endswith(
        "| Fault | Happened | Orders hit | Violated |\n"
        "|---|---|---|---|\n"
        "| Storage: answer lost after the work was done | 2 | 2 | 1 |\n"
        "| Host killed with -9 and started again | 1 | 0 | 0 |\n"
        "| All | 3 | 2 | 1 |\n"
    )
