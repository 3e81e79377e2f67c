"""The table of the orders on Azurite."""

from __future__ import annotations

from typing import Any

from benchmarks.figures import cell, lines

HEAD = (
    "in flight",
    "orders/s",
    "Azurite alone",
    "share",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "CPU ms: host",
    "Azurite",
    "customers",
)
FROM = {"in stock": "request", "paused": "event message"}


def table(result: dict[str, Any]) -> list[str]:
    """Return the lines of both kinds of order."""
    found: list[str] = []
    for kind, part in result.items():
        requests = part["requests"]
        found.append(
            f"Orders {kind}: {sum(requests.values())} storage requests each; milliseconds from the "
            f"{FROM[kind]} to the invoice"
        )
        found += ["", *lines(HEAD, [_row(level) for level in part["levels"]]), ""]
        found.append(", ".join(f"{count} {name}" for name, count in requests.items()) + ".")
        found += [line for level in part["levels"] for line in _explained(level)]
        found.append("")
    return found


def _row(level: dict[str, Any]) -> list[str]:
    names = ("p50_ms", "p95_ms", "p99_ms", "host_cpu_ms", "azurite_cpu_ms", "customers_cpu_ms")
    return [
        str(level["in_flight"]),
        cell(level["orders_per_second"], 0),
        cell(level["azurite_orders_per_second"], 0),
        cell(level["share"], 2),
        *(f"{level[name]['median']:.0f}" for name in names),
    ]


def _explained(level: dict[str, Any]) -> list[str]:
    alone = level.get("storage_code_orders_per_second")
    if alone is None:
        return []
    return [
        f"The storage code alone (Azure SDK, one Python process, no host) serves "
        f"{cell(alone, 0)} orders/s at {level['in_flight']} in flight."
    ]
