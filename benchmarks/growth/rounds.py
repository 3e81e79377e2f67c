"""An order of the app as its rounds grow: each is an event and a look at stock that is short."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.figures import spread
from benchmarks.growth.stand import Stand
from benchmarks.growth.timing import milliseconds_since
from benchmarks.growth.weighing import weigh

# How many orders of so many rounds.
FULL = {1: 10, 10: 5, 50: 3, 200: 2}
QUICK = {1: 2, 10: 1, 50: 1}
SKU = "scarce"


def measure_rounds(quick: bool, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Measure orders of each size.

    Gives for each: `rounds`, `order_ms` from its POST to its invoice, `round_ms` of all its
    rounds and `late_round_ms` of the last tenth of them, `end_bytes` in the state file when it
    has its invoice, and `most_bytes` at any rest between two rounds.
    """
    with tempfile.TemporaryDirectory() as folder, Stand(Path(folder)) as stand:
        stand.start_host()
        stand.put_stock(SKU, 0)
        _order(stand, "warm-up", 1)
        rows = []
        for rounds, orders in (QUICK if quick else FULL).items():
            say(f"    {orders} orders of {rounds} rounds")
            taken = [_order(stand, f"rounds-{rounds}-{n}", rounds) for n in range(orders)]
            rows.append(_row(rounds, taken))
        return rows


class _Taken:
    """What an order took: milliseconds of its parts, and its bytes at each rest."""

    def __init__(self) -> None:
        self.ends_ms: list[float] = []
        self.rounds_ms: list[float] = []
        self.bytes: list[int] = []


def _order(stand: Stand, order_id: str, rounds: int) -> _Taken:
    taken = _Taken()

    def timed(step: Callable[[], None]) -> float:
        started = time.perf_counter()
        step()
        elapsed = milliseconds_since(started)
        taken.bytes += weigh(stand.state, [order_id])
        return elapsed

    def place() -> None:
        stand.place(order_id, SKU)
        stand.until_waiting(order_id)

    def proceed() -> None:
        stand.proceed(order_id)
        stand.until_waiting(order_id, attempt=len(taken.rounds_ms) + 2)

    def finish() -> None:
        stand.proceed(order_id)
        stand.until_invoiced(order_id)

    taken.ends_ms.append(timed(place))
    for _ in range(rounds):
        taken.rounds_ms.append(timed(proceed))
    stand.put_stock(SKU, 1)
    taken.ends_ms.append(timed(finish))
    return taken


def _row(rounds: int, orders: list[_Taken]) -> dict[str, Any]:
    late = max(1, rounds // 10)
    return {
        "rounds": rounds,
        "order_ms": spread([sum(order.ends_ms) + sum(order.rounds_ms) for order in orders]),
        "round_ms": spread([ms for order in orders for ms in order.rounds_ms]),
        "late_round_ms": spread([ms for order in orders for ms in order.rounds_ms[-late:]]),
        "end_bytes": spread([order.bytes[-1] for order in orders], 0),
        "most_bytes": spread([max(order.bytes) for order in orders], 0),
    }
