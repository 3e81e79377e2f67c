"""Orders that pile up behind those that are measured: finished ones, and ones that wait."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.figures import spread
from benchmarks.growth.point import PLENTY, SCARCE, fill_shelves, measure_point
from benchmarks.growth.stand import Stand
from benchmarks.growth.table_pile import Tables
from ordering.stock import rows as inventory_rows
from tools.processes import ToolError, wait_until
from tools.state_pile import pile_up_in_state

SIZES = {"finished": (0, 1_000, 20_000), "waiting": (0, 1_000, 10_000)}
QUICK = {"finished": (0, 1_000), "waiting": (0, 1_000)}
TABLES = (inventory_rows.TABLE, "orders", "payments")

Row = dict[str, Any]


def measure_piles(quick: bool, say: Callable[[str], None]) -> dict[str, list[Row]]:
    """Measure with so many orders that are invoiced, and with so many that wait for stock.

    Gives for each kind, `finished` and `waiting`, and each size of its pile: `pile`, `start_ms`
    until the host says that it runs, and what `measure_point` gives.
    """
    sizes = QUICK if quick else SIZES
    rows: dict[str, list[Row]] = {kind: [] for kind in sizes}
    with ExitStack() as stack:
        piles = []
        for kind in sizes:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            piles.append(Pile(kind, stack.enter_context(Stand(Path(folder)))))
        for step in zip(*sizes.values(), strict=True):
            started = time.monotonic()
            # Together: an Azurite has one thread, and most of this is its time.
            with ThreadPoolExecutor(len(piles)) as pool:
                list(pool.map(Pile.grow, piles, step))
            names = " and ".join(f"{pile.size:,} {pile.kind}" for pile in piles)
            say(f"    {names}, piled up in {time.monotonic() - started:.0f} s")
            for pile in piles:
                rows[pile.kind].append(pile.measure(quick))
    return rows


class Pile:
    """Orders of one kind on a stand of their own: copies of a real one, its rows and its state.

    The template is placed before the first measurement; `size` does not count it.
    """

    def __init__(self, kind: str, stand: Stand) -> None:
        self.kind = kind
        self.size = 0
        self._stand = stand
        self._template = self._order_id(0)
        self._is_placed = False

    def grow(self, size: int) -> None:
        """Copy the template until there are so many; the host must be stopped."""
        copies = [self._order_id(number) for number in range(self.size + 1, size + 1)]
        self.size = size
        if copies:
            pile_up_in_state(self._stand.state, self._template, copies)
            with Tables(self._stand.connection) as tables:
                for table in TABLES:
                    tables.pile_up(table, self._template, copies)

    def measure(self, quick: bool) -> Row:
        """Measure the app with this pile; the host is stopped before and after."""
        starts = [self._stand.start_host()]
        for _ in range(0 if quick else 2):
            self._stand.stop_host()
            starts.append(self._stand.start_host())
        if not self._is_placed:
            fill_shelves(self._stand)
            self._place()
            self._is_placed = True
        point = measure_point(self._stand, self.size, times=3 if quick else 10)
        return {"pile": self.size, "start_ms": spread(starts), **point}

    def _order_id(self, number: int) -> str:
        return f"{self.kind}-{number:06d}"

    def _place(self) -> None:
        if self.kind == "waiting":
            self._stand.place(self._template, SCARCE)
            self._stand.until_waiting(self._template)
        else:
            self._stand.place(self._template, PLENTY)
            self._stand.until_invoiced(self._template)
            self._close_books()

    def _close_books(self) -> None:
        """Have the sweep see the template's end, as it does for any order within minutes."""
        key = inventory_rows.open_key(self._template)
        row = f"PartitionKey eq '{inventory_rows.WAREHOUSE}' and RowKey eq '{key}'"
        self._stand.sweep()
        with Tables(self._stand.connection) as tables:
            if not wait_until(lambda: not tables.read(inventory_rows.TABLE, row), 30):
                raise ToolError(f"SweepOrders did not close the books of {self._template}.")
