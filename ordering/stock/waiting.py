"""The orders that wait for stock, and which of them the free stock can serve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from ordering.stock.rows import (
    WAREHOUSE,
    beginning_with,
    between,
    id_of,
    line_key,
    needs_of,
    stock_key,
)
from ordering.storage.tables import Row, Table

# As many rows as one request of the service answers.
PAGE = 1_000
_EVERY_LINE = "waiting:"
_READ_ALONE = 32


@dataclass(frozen=True)
class WaitingOrder:
    """An order that came up short: since when, and all that it needs, by SKU."""

    order_id: str
    since: str
    needs: Mapping[str, int]


class Lines:
    """The lines of orders in front of the SKUs. Every method raises StorageUnavailable.

    A line is a range of rows of its own, oldest order first, so that its cost does not grow with
    the orders that wait for other SKUs, nor with those that wait no more.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def servable(self, skus: Iterable[str]) -> list[str]:
        """Return whom of the orders in line for these SKUs the free stock can serve, oldest first.

        Call it after stock was added: an order that comes up short meanwhile either is in line by
        then or sees that the stock has changed.
        """
        left: dict[str, int] = {}
        served: list[str] = []
        for sku in sorted(set(skus)):
            for page in filter(None, self._pages(line_key(sku))):
                again = partial(self._pages_between, page[0], page[-1])
                served += self._serve(_orders_of(page), again, left, set(served))
                if not left.get(sku):
                    break
        return served

    def everybody(self) -> list[WaitingOrder]:
        """Return all orders that wait."""
        return _orders_of(row for page in self._pages(_EVERY_LINE) for row in page)

    def servable_of(self, waiting: list[WaitingOrder], without: set[str]) -> list[str]:
        """Return whom of these orders the free stock can serve, oldest first."""
        return self._serve(waiting, partial(self._pages, _EVERY_LINE), {}, without)

    def lengths(self, skus: Iterable[str]) -> Mapping[str, int]:
        """Return how many orders stand in the lines of these SKUs.

        Reads the range of keys that their lines are in, with those of SKUs between them; one
        request for each 1,000.
        """
        wanted = set(skus)
        if not wanted:
            return {}
        lines = list(map(line_key, wanted))
        # ';' follows ':'. A SKU may be the beginning of another one, so each end counts.
        whole = between(min(lines), max(f"{line[:-1]};" for line in lines))
        pages = self._table.pages(whole, size=PAGE, only=["RowKey"])
        found = (str(row["RowKey"]).split(":")[1] for page in pages for row in page)
        return Counter(sku for sku in found if sku in wanted)

    def free_stock(self, skus: Iterable[str]) -> dict[str, int]:
        """Return how much is free of each of these SKUs, 0 of one that the catalogue lacks.

        One request for each; for many, the range of keys that they are in is read, 1,000 SKUs a
        request.
        """
        wanted = sorted(set(skus))
        if len(wanted) <= _READ_ALONE:
            found = list(self._table.get_many(WAREHOUSE, list(map(stock_key, wanted))).values())
        else:
            whole = between(stock_key(wanted[0]), stock_key(wanted[-1]))
            pages = self._table.pages(whole, only=["RowKey", "available"])
            found = [row for page in pages for row in page]
        free = {id_of(row): int(row["available"]) for row in found}
        return {sku: free.get(sku, 0) for sku in wanted}

    def _serve(
        self,
        waiting: list[WaitingOrder],
        again: Callable[[], Iterator[list[Row]]],
        left: dict[str, int],
        without: set[str],
    ) -> list[str]:
        """Return whom the stock can serve; take it from `left`. `again` reads their rows again.

        An order that reserves while this runs must not be counted twice, as one that needs stock
        and as one that has taken it: the others would wait although there is stock for them. So
        only those count that still wait after the stock was read.
        """
        wanted = {sku for order in waiting for sku in order.needs}
        left |= self.free_stock(wanted - left.keys())
        if not any(left.values()):
            return []
        still = {id_of(row) for page in again() for row in page} - without
        return serve((order for order in waiting if order.order_id in still), left)

    def _pages(self, prefix: str) -> Iterator[list[Row]]:
        return self._read(beginning_with(prefix))

    def _pages_between(self, first: Row, last: Row) -> Iterator[list[Row]]:
        return self._read(between(str(first["RowKey"]), str(last["RowKey"])))

    def _read(self, query_filter: str) -> Iterator[list[Row]]:
        # Not the Timestamp of each row, which takes longer to parse than all the rest.
        return self._table.pages(query_filter, size=PAGE, only=["RowKey", "needs"])


def serve(orders: Iterable[WaitingOrder], left: dict[str, int]) -> list[str]:
    """Return the ids of those that can be served together, oldest first; take it from `left`.

    Stock is counted as taken for each of them in turn; one that needs more than is left of
    any SKU is passed over, and takes nothing from those behind it.
    """
    served = []
    for order in sorted(orders, key=lambda order: (order.since, order.order_id)):
        if all(left.get(sku, 0) >= quantity for sku, quantity in order.needs.items()):
            for sku, quantity in order.needs.items():
                left[sku] -= quantity
            served.append(order.order_id)
    return served


def _orders_of(rows: Iterable[Row]) -> list[WaitingOrder]:
    """Return the orders of some rows, each once, whatever number of lines it stands in."""
    return list({order.order_id: order for order in map(_waiting_order, rows)}.values())


def _waiting_order(row: Mapping[str, object]) -> WaitingOrder:
    since = str(row["RowKey"]).split(":")[2]
    return WaitingOrder(id_of(row), since, needs_of(row))
