"""Figures as the tables and the JSON file have them: a median with its spread."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from tools.tables import table

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
    """Return a table's lines: the first column to the left, the others to the right."""
    return table(rows, head, right=range(1, len(head)))
