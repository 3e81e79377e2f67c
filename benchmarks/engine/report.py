"""The table of the engines."""

from __future__ import annotations

from typing import Any

from benchmarks.figures import cell, lines

HEAD = ("engine", "orders/s", "p50 ms", "p95 ms", "p99 ms", "CPU ms/order", "peak MB")
KEYS = ("orders_per_second", "p50_ms", "p95_ms", "p99_ms", "cpu_ms_per_order", "peak_mb")


def table(result: dict[str, Any]) -> list[str]:
    """Return the lines of all contenders; the first is ours."""
    contenders = result["contenders"]
    rows = [[each["contender"], *(cell(each[key], 0) for key in KEYS)] for each in contenders]
    found = [
        f"The engine alone, {result['in_flight']} orders in flight: check, pause, event, check, "
        "pay; activities do nothing",
        "",
        *lines(HEAD, rows),
        "",
    ]
    found += [f"- {each['contender']} persists {each['persists']}" for each in contenders]
    for each in contenders[1:]:
        ratio = cell(each["emulator_is_faster"])
        found.append(f"- {ratio} times the orders of {each['contender']}, round by round")
    return [*found, ""]
