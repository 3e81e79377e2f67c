"""Counted costs and what they are expected to be: guards without a clock."""

from collections.abc import Mapping

ADVICE = {
    "rose": (
        "What rose: find out first what asks for more. If it is worth it, write the new number "
        "down where the old one is expected, and say in the commit what it buys."
    ),
    "fell": (
        "What fell: write the new number down where the old one is expected, so that it cannot "
        "rise again unnoticed."
    ),
}


def assert_costs(what: str, expected: Mapping[str, int], counted: Mapping[str, int]) -> None:
    """Fail unless all counts are as expected; a kind that is missing counts 0."""
    lines: list[str] = []
    directions: set[str] = set()
    for kind in sorted({*expected, *counted}):
        old, new = expected.get(kind, 0), counted.get(kind, 0)
        if new != old:
            direction = "rose" if new > old else "fell"
            directions.add(direction)
            lines.append(f"  {kind}: {new} instead of {old} ({direction})")
    advice = [text for direction, text in ADVICE.items() if direction in directions]
    assert not lines, "\n".join([f"The cost of {what} changed.", *lines, *advice])
