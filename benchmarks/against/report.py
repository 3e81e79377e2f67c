"""The table of two versions."""

from __future__ import annotations

from typing import Any

from benchmarks.against.figures import MEASURES, Measure
from benchmarks.figures import cell, lines

NOTES = (
    "Both on the host of today, where no other is named: what differs is the app and its packages.",
    "On its own host all is of that version. They take turns, and `times` compares them round by",
    "round. The storage code and one SKU are without a host.",
)


def table(result: dict[str, Any]) -> list[str]:
    """Return the lines: a row for each figure, and whether what was aimed at is reached."""
    head = ["", result["commit"], "now", "times", "aim", ""]
    rows = [_row(measure, result["measures"][measure.key]) for measure in MEASURES]
    return [
        f"The app of today beside that of {result['commit']}",
        "",
        *lines(head, rows),
        "",
        *NOTES,
        "",
    ]


def _row(measure: Measure, figures: dict[str, Any]) -> list[str]:
    now, ratio = figures["now"], figures["ratio"]
    reached = measure.is_reached(now["median"], ratio["median"] if ratio else 0.0)
    return [
        measure.words,
        _cell(figures["before"]),
        _cell(now),
        cell(ratio, 2) if ratio else "",
        measure.aim,
        {True: "reached", False: "MISSED", None: ""}[reached],
    ]


def _cell(figure: dict[str, float]) -> str:
    return cell(figure, 0 if figure["median"] >= 20 else 2)
