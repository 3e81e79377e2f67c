"""What is found of each shop, and how it is judged."""

from __future__ import annotations

from typing import Any

from benchmarks.figures import spread
from tools.processes import ToolError

PIECES = 2  # of one SKU, in each order
IN_FLIGHT = (1, 8, 32)
OURS = ("ours", "ours_2")
THEIRS = ("steps_1", "steps_2", "template_1", "template_2")

Run = dict[str, float]


def check_books(words: str, books: dict[str, int], placed: int) -> None:
    """Raise ToolError unless each order has its invoice, one payment and its pieces."""
    due = {"invoiced": placed, "payments": placed, "pieces": PIECES * placed}
    if books != due:
        raise ToolError(f"The books of `{words}` have {books}, and should have {due}.")


def compare(runs: dict[str, list[Run]], level: int) -> dict[str, Any]:
    """Return our best over their best, round by round, and which these are."""
    key = f"orders_at_{level}"

    def best(keys: tuple[str, ...]) -> str:
        return max(keys, key=lambda each: spread([run[key] for run in runs[each]])["median"])

    first, second = best(OURS), best(THEIRS)
    rounds = zip(runs[first], runs[second], strict=True)
    ratios = [mine[key] / their[key] for mine, their in rounds]
    return {"ours": first, "theirs": second, "ratio": spread(ratios, 2)}
