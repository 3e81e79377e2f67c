"""Figures as the tables and the JSON file have them: a median with its spread."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

Figure = dict[str, float]


def spread(values: Sequence[float], digits: int = 1) -> Figure:
    """Return the median of some runs' values with the least and the most of them."""
    return {
        "median": round(statistics.median(values), digits),
        "least": round(min(values), digits),
        "most": round(max(values), digits),
    }


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that a share (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def cell(figure: Figure, digits: int = 1) -> str:
    """Write a figure as `12.3 (11.0-14.2)`: median, least, most."""
    median, least, most = (f"{figure[name]:.{digits}f}" for name in ("median", "least", "most"))
    return median if least == most else f"{median} ({least}-{most})"


def lines(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """Return a table's lines as Markdown: the first column to the left, the others to the right."""
    texts = [[str(value) for value in row] for row in (head, *rows)]
    widths = [max(3, *map(len, column)) for column in zip(*texts, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    aligned = [[row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])] for row in texts]
    return [f"| {' | '.join(row)} |" for row in (aligned[0], rule, *aligned[1:])]
