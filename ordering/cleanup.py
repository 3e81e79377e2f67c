"""What is done about an order after its end: undone, closed, and archived in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from ordering.accepted_orders import AcceptedOrders
from ordering.clock import moment, timestamp, utc_now
from ordering.stock.ended import CLOSED_ROW, ENDED_ROW, EndedOrders, opened_among
from ordering.stock.rows import (
    HELD,
    RELEASED,
    WAREHOUSE,
    beginning_with,
    id_of,
    open_key,
    order_key,
    row,
)
from ordering.storage.tables import Changed, Row, Table
from ordering.storage.transactions import MOST_OPERATIONS, Delete, Operation, Upsert

# A host in trouble may look like one that does not know the order; see `missing`.
GONE_AFTER = timedelta(minutes=10)
_PAGE = 1_000
# A run that is cut off has archived what was in the pages before, so these are short.
_ENDED_PAGE = 100
_AT_ONCE = 8
_CURSORS = "cursor:"
_RESTOCKS = "restock:"
_LISTED = (ENDED_ROW, CLOSED_ROW)
_ENDED = ("RowKey", "state", "since", "reservedAt", "releasedAt", *_LISTED)


@dataclass(frozen=True)
class OpenOrder:
    """An order that has waited for or held stock, and whose end was not seen yet.

    `began` is when it was first checked, `missing_since` when the host was first found not to
    know it, empty if it knows it. `etag` changes when it is checked again.
    """

    order_id: str
    began: datetime
    missing_since: str = ""
    etag: str = ""


@dataclass(frozen=True)
class EndedOrder:
    """An order that ended; `listed` are its rows among those that did."""

    order_id: str
    listed: tuple[str, ...] = ()


class Cleanup:
    """Closes the books on orders that have ended. Safe to repeat and to run many times at once.

    An order has a row `open:<orderId>` from its first check on, which only this class removes: the
    orders to look at are those few, not all that were ever placed. Every method raises
    StorageUnavailable.
    """

    def __init__(
        self, table: Table, accepted: AcceptedOrders, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._table = table
        self._ended = EndedOrders(table)
        self._accepted = accepted
        self._now = now

    def open_orders(self) -> Iterator[list[OpenOrder]]:
        """Yield the orders to look at in pages of 1,000, beginning where the last look stopped.

        So a look that is cut off, by functionTimeout or a crash, still comes to the last order.
        """
        for page in self._walk(open_key(""), _PAGE):
            yield [
                OpenOrder(
                    id_of(found),
                    moment(str(found["since"])),
                    str(found.get("missingSince") or ""),
                    found.etag,
                )
                for found in page
            ]

    def opened(self) -> dict[str, datetime]:
        """Return when each of these orders was first checked; a request for each 1,000."""
        pages = self._table.pages(beginning_with(open_key("")), only=["RowKey", "since"])
        return {id_of(row): moment(str(row["since"])) for page in pages for row in page}

    def close(self, order_ids: Sequence[str]) -> None:
        """Look at these orders no more; one request for each 100 of them."""
        self._delete([open_key(order_id) for order_id in order_ids])

    def close_invoiced(self, orders: Sequence[OpenOrder]) -> None:
        """Look at these orders no more, and list them as invoiced; one request for each 33.

        One that was checked again since its row was read has been started again: it stays open.
        """
        self._ended.add_invoiced(
            (
                order.order_id,
                order.began,
                [Delete(row(open_key(order.order_id)), order.etag or None)],
            )
            for order in orders
        )

    def missing(self, order: OpenOrder) -> bool:
        """Note that the host does not know an order; tell whether that is so for long.

        It must have been so at a look at least GONE_AFTER ago, and not been known since: an
        order that was started just now may not show yet (azure-functions-durable-extension#1989),
        and a host whose own storage fails is told apart by nothing but time.
        """
        now = self._now()
        if not order.missing_since:
            self._note(order, timestamp(now))
            return False
        return order.missing_since <= timestamp(now - GONE_AFTER)

    def known(self, order: OpenOrder) -> None:
        """Note that the host knows an order."""
        if order.missing_since:
            self._note(order, "")

    def ended_before(self, moment: datetime) -> Iterator[list[EndedOrder]]:
        """Yield the orders that ended before a moment, in pages; continues like `open_orders`.

        Those whose end was not seen yet are not among them. Lists those that nobody listed yet.
        """
        limit = timestamp(moment)
        for page in self._walk(order_key(""), _ENDED_PAGE, only=_ENDED):
            self._ended.add_unlisted(page)
            old = [
                EndedOrder(id_of(found), tuple(filter(None, map(found.get, _LISTED))))
                for found in page
                if _ended_before(found, limit)
            ]
            opened = opened_among(self._table, [order.order_id for order in old])
            yield [order for order in old if order.order_id not in opened]

    def archive(self, order_ids: Sequence[str], listed: Sequence[str] = ()) -> None:
        """Take ended orders out of the warehouse; their ids stay spent, their payments stay.

        With them go the rows by which they are listed. Do it last: the durable history of an
        order without a row cannot be found again.
        """
        # Each has a partition of its own, so each is a request.
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(self._accepted.archive, order_ids))
        # The order's own row last: it alone names the others, should this break off.
        self._delete([*listed, *map(order_key, order_ids)])

    def forget_restocks(self, moment: datetime) -> int:
        """Forget the idempotency keys of restocks before a moment; answers how many rows."""
        limit, forgotten = timestamp(moment), 0
        for page in self._walk(_RESTOCKS, _PAGE, only=["RowKey", "restockedAt"]):
            old = [str(found["RowKey"]) for found in page if _restocked_before(found, limit)]
            self._delete(old)
            forgotten += len(old)
        return forgotten

    def _note(self, order: OpenOrder, missing_since: str) -> None:
        changes = {"missingSince": missing_since}
        self._table.merge(WAREHOUSE, open_key(order.order_id), changes)

    def _delete(self, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), MOST_OPERATIONS):
            some = keys[start : start + MOST_OPERATIONS]
            try:
                self._table.transact([Delete(row(key)) for key in some])
            except Changed:
                # Another run was faster with one of them.
                for key in some:
                    self._table.delete(WAREHOUSE, key)

    def _walk(
        self, prefix: str, size: int, only: Sequence[str] | None = None
    ) -> Iterator[list[Row]]:
        """Yield a range of rows in pages once around, from where the last walk got to."""
        cursor = f"{_CURSORS}{prefix}"
        stored = self._table.get(WAREHOUSE, cursor)
        kept = start = str(stored["after"]) if stored is not None else ""
        ranges = [beginning_with(prefix, start)]
        if start:
            ranges.append(f"{beginning_with(prefix)} and RowKey le '{start}'")
        for query in ranges:
            for page in self._table.pages(query, size=size, only=only):
                yield page
                if len(page) == size:
                    kept = str(page[-1]["RowKey"])
                    self._keep(cursor, kept)
            # At the end of each: one that is cut off in the second goes on there, too.
            if kept:
                kept = ""
                self._keep(cursor, kept)

    def _keep(self, cursor: str, after: str) -> None:
        operation: Operation = Upsert(row(cursor, after=after))
        self._table.transact([operation])


def _ended_before(stored: Row, limit: str) -> bool:
    if stored["state"] == HELD:
        # Paid within the hour or released: an order that holds stock waits for nothing.
        return str(stored["reservedAt"]) < limit
    return stored["state"] == RELEASED and str(stored["releasedAt"]) < limit


def _restocked_before(stored: Row, limit: str) -> bool:
    return str(stored.get("restockedAt", "")) < limit
