"""What is measured of each version, and what it should be now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.figures import spread

Figures = dict[str, float]


@dataclass(frozen=True)
class Measure:
    """A figure by its key: in words, whether more is better, and what is aimed at.

    `target` is a figure of now, `ratio` one of now over before.
    """

    key: str
    words: str
    more_is_better: bool = False
    target: float | None = None
    ratio: float | None = None

    def is_reached(self, now: float, ratio: float) -> bool | None:
        """Tell whether the aim is reached; None if there is none."""
        if self.target is not None:
            return now >= self.target if self.more_is_better else now <= self.target
        if self.ratio is not None:
            return ratio >= self.ratio if self.more_is_better else ratio <= self.ratio
        return None

    @property
    def aim(self) -> str:
        sign = ">=" if self.more_is_better else "<="
        if self.target is not None:
            return f"{sign} {self.target:g}"
        return f"{sign} {self.ratio:g} x" if self.ratio is not None else ""


MEASURES = (
    Measure("storage_code_cpu_ms", "storage code of an order in stock, CPU ms", target=4.5),
    Measure("orders_at_1", "orders in stock, a second, 1 in flight", more_is_better=True),
    Measure("orders_at_32", "  32 in flight", more_is_better=True),
    Measure("whole_at_32", "  32 in flight, each on its own host", True, ratio=2.5),
    Measure("whole_rounds_s", "an order of 200 rounds on its own host, s", target=8),
    Measure("requests_by_4", "requests a reservation, 4 processes on one SKU", target=1.5),
    Measure("requests_by_32", "  each with 8 at a time", target=1.5),
    Measure("hot_by_1", "orders of one SKU a second, 25 ms to storage", True, ratio=5),
    Measure("hot_by_4", "  by 4 processes", more_is_better=True),
    Measure("sweep_requests", "the sweep's storage requests, each order invoiced", target=0.1),
    Measure("sweep_statuses", "  its requests to the host"),
)


def summary(before: Sequence[Figures], now: Sequence[Figures]) -> dict[str, Any]:
    """Return `before`, `now` and their `ratio` for each figure, as medians of the rounds."""
    found: dict[str, Any] = {}
    for key in (measure.key for measure in MEASURES):
        rounds = list(zip(before, now, strict=True))
        # Round by round: a noisy minute harms both. From nothing there is no ratio.
        ratios = [after[key] / first[key] for first, after in rounds if first[key] > 0]
        found[key] = {
            "before": spread([figures[key] for figures in before], 2),
            "now": spread([figures[key] for figures in now], 2),
            "ratio": spread(ratios, 2) if ratios else None,
        }
    return found
