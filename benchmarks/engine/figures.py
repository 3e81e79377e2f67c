"""One contender's run, as the figures that are compared."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import psutil

from benchmarks.figures import percentile


@dataclass(frozen=True)
class Figures:
    """Orders per second, milliseconds from event to end, CPU milliseconds an order, peak MB.

    `cpu_ms_of_workers` is the part of other processes in `cpu_ms_per_order`.
    """

    contender: str
    persists: str
    orders: int
    in_flight: int
    orders_per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_ms_per_order: float
    cpu_ms_of_workers: float
    peak_mb: float


class Stopwatch:
    """Time a run: wall clock and CPU, from `__init__` to `figures`.

    It counts this process and those of `others`, which are there all the time.
    """

    def __init__(
        self,
        contender: str,
        persists: str,
        orders: int,
        in_flight: int,
        others: Sequence[int] = (),
    ) -> None:
        self._contender = contender
        self._persists = persists
        self._orders = orders
        self._in_flight = in_flight
        self._others = [psutil.Process(pid) for pid in others]
        self._started = time.perf_counter()
        self._own, self._theirs = time.process_time(), self._others_seconds()

    def _others_seconds(self) -> float:
        return float(sum(sum(process.cpu_times()[:2]) for process in self._others))

    def figures(self, latencies: Sequence[float]) -> Figures:
        """Give the figures; `latencies` in seconds, one for each order."""
        assert len(latencies) == self._orders, "an order did not end"
        seconds = time.perf_counter() - self._started
        theirs = self._others_seconds() - self._theirs
        cpu = time.process_time() - self._own + theirs
        # Kilobytes on Linux, bytes on macOS.
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        unit = 1024 * 1024 if sys.platform == "darwin" else 1024
        elsewhere = sum(process.memory_info().rss for process in self._others)
        return Figures(
            self._contender,
            self._persists,
            self._orders,
            self._in_flight,
            round(self._orders / seconds, 1),
            round(1000 * percentile(latencies, 0.5), 1),
            round(1000 * percentile(latencies, 0.95), 1),
            round(1000 * percentile(latencies, 0.99), 1),
            round(1000 * cpu / self._orders, 2),
            round(1000 * theirs / self._orders, 2),
            round(peak / unit + elsewhere / (1024 * 1024), 1),
        )


def tell(figures: Figures) -> None:
    """Hand the figures to whoever started this process."""
    print(json.dumps(asdict(figures)))
