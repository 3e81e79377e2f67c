"""The figures of the app with one size of a pile behind it."""

from __future__ import annotations

from typing import Any

from benchmarks.figures import spread
from benchmarks.growth.probes import probe
from benchmarks.growth.stand import Stand
from benchmarks.growth.timing import timed
from benchmarks.growth.weighing import weigh

PLENTY = "plenty"
# What the waiting orders wait for, what the measured ones wait for, and what nobody needs.
SCARCE, SHORT, UNWANTED = "scarce", "short", "unwanted"
PAGE = 50


def fill_shelves(stand: Stand) -> None:
    """Put the stock in that the orders need."""
    for sku, available in ((PLENTY, 1_000_000), (SCARCE, 0), (SHORT, 0), (UNWANTED, 0)):
        stand.put_stock(sku, available)


def measure_point(stand: Stand, size: int, times: int) -> dict[str, Any]:
    """Measure each thing so many times on a running host, and stop it.

    Gives `in_stock_ms` of an order from its POST to its invoice, `resumed_ms` of one from its
    event to its invoice, and their `in_stock_bytes` and `resumed_bytes` in the state file;
    `restock_ms` of a SKU that nobody waits for; `list_ms` of the first 50 orders that wait;
    `resident_mb` of the host after all that, and `state_file_mb`; and what `probe` gives.
    """

    def names(kind: str) -> list[str]:
        # All of one length: the bytes of an order are compared.
        return [f"{kind}-{size:05d}-{number:02d}" for number in range(times + 1)]

    def in_stock(order_id: str) -> None:
        stand.place(order_id, PLENTY)
        stand.until_invoiced(order_id)

    def come_short(order_id: str) -> None:
        stand.place(order_id, SHORT)
        stand.until_waiting(order_id)
        stand.put_stock(SHORT, 1)

    def resume(order_id: str) -> None:
        stand.proceed(order_id)
        stand.until_invoiced(order_id)

    row = {
        "in_stock_ms": spread(timed(names("stocked"), in_stock)),
        "resumed_ms": spread(timed(names("resumed"), resume, come_short)),
        "restock_ms": spread(timed(names("restock"), lambda name: stand.restock(UNWANTED))),
        "list_ms": spread(timed(names("list"), lambda name: stand.list_waiting(PAGE))),
        "resident_mb": stand.resident_mb(),
    }
    stand.stop_host()
    row["in_stock_bytes"] = spread(weigh(stand.state, names("stocked")[1:]), 0)
    row["resumed_bytes"] = spread(weigh(stand.state, names("resumed")[1:]), 0)
    row["state_file_mb"] = round(stand.state.stat().st_size / 1024 / 1024, 1)
    return {**row, **probe(stand.connection, PLENTY, names("probe"))}
