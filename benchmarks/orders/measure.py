"""Measure orders on Azurite, in turns with Azurite's own rate for the same requests."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.figures import percentile, spread
from benchmarks.orders.customers import Served, run_customers
from benchmarks.orders.floor import measure_floor
from benchmarks.orders.recording import Request, counts, record
from benchmarks.orders.stand import Stand, open_stand, stock
from benchmarks.orders.storage_code import measure_storage_code

KINDS = ("in stock", "paused")
# Orders in flight, and how many are placed in a run.
LEVELS = {1: 8, 8: 40, 32: 96, 128: 160}
QUICK_LEVELS = {8: 8, 32: 40}
ROUNDS = 3
# Where the time goes is asked at this many in flight.
PROFILED = 32


@dataclass
class Runs:
    """What the runs of one kind of order at one level came to."""

    in_flight: int
    figures: dict[str, list[float]] = field(default_factory=dict)

    def add(self, **values: float) -> None:
        """Add one run's values."""
        for name, value in values.items():
            self.figures.setdefault(name, []).append(value)

    def to_json(self) -> dict[str, Any]:
        """Return medians with their spread."""
        found = {name: spread(values, 2) for name, values in self.figures.items()}
        return {"in_flight": self.in_flight, **found}


def measure(quick: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """Return orders per second, latencies, CPU and storage requests by kind and in flight."""
    levels = QUICK_LEVELS if quick else LEVELS
    recorded = record()
    runs = {kind: {level: Runs(level) for level in levels} for kind in KINDS}
    for number in range(1 if quick else ROUNDS):
        for kind in KINDS:
            _measure_app(kind, levels, runs[kind])
            _measure_azurite(kind, levels, runs[kind], recorded[kind])
            told = ", ".join(
                f"{_last(runs[kind][level], 'orders_per_second'):.0f} at {level}"
                for level in levels
            )
            say(f"  round {number + 1}  {kind}: orders/s {told}")
    return {
        kind: {
            "requests": dict(counts(recorded[kind])),
            "levels": [runs[kind][level].to_json() for level in levels],
        }
        for kind in KINDS
    }


def _measure_app(kind: str, levels: dict[int, int], runs: dict[int, Runs]) -> None:
    with open_stand() as stand:
        for level, orders in levels.items():
            run = _name("a", kind, level)
            _stock_up(stand, kind, run, orders)
            before = {name: each.cpu_seconds() for name, each in stand.processes.items()}
            own = time.process_time()
            served: Served = run_customers(
                stand.base_url,
                stand.connection,
                run,
                lambda customers, n=orders, at=level: customers.serve(kind, n, at),  # type: ignore[misc]
            )
            cpu = {
                f"{name.lower()}_cpu_ms": 1000 * (each.cpu_seconds() - before[name]) / orders
                for name, each in stand.processes.items()
            }
            runs[level].add(
                orders_per_second=orders / served.seconds,
                **{
                    f"p{share}_ms": 1000 * percentile(served.latencies, share / 100)
                    for share in (50, 95, 99)
                },
                **cpu,
                customers_cpu_ms=1000 * (time.process_time() - own) / orders,
            )


def _measure_azurite(
    kind: str, levels: dict[int, int], runs: dict[int, Runs], requests: list[Request]
) -> None:
    with open_stand(host=False) as stand:
        for level, orders in levels.items():
            run = _name("f", kind, level)
            _stock_up(stand, kind, run, orders)
            order_ids = [f"{run}-{number:05d}" for number in range(orders)]
            floor = measure_floor(stand.connection, requests, order_ids, level)
            reached = _last(runs[level], "orders_per_second")
            runs[level].add(azurite_orders_per_second=floor, share=reached / floor)
            if level == PROFILED and kind == "in stock":
                alone = measure_storage_code(stand.connection, orders, level)
                runs[level].add(storage_code_orders_per_second=alone)


def _stock_up(stand: Stand, kind: str, run: str, orders: int) -> None:
    if kind == "paused":
        stock(stand.connection, [f"short-{run}-{number:05d}" for number in range(orders)], 0)


def _name(prefix: str, kind: str, level: int) -> str:
    """Name a run; all names are as long as those that requests were recorded under."""
    return f"{prefix}{kind[0]}{'abcdefgh'[level.bit_length() - 1]}"


def _last(runs: Runs, name: str) -> float:
    return runs.figures[name][-1]
