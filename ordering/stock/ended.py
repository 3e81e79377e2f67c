"""The orders that have ended, by stage and newest first, so that no list reads all of them.

A row `ended:<stage>:<from the end of time>:<orderId>` for each order that ended with an invoice or
by a decision. Its time is that of the order's first check, as in its row `open:<orderId>`: so an
order keeps its place among all others when it ends, and whoever pages meanwhile misses none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from itertools import chain, islice
from typing import Any, NamedTuple

from ordering.clock import moment
from ordering.model import BUSINESS_ENDS, Stage
from ordering.stock.rows import HELD, beginning_with, between, id_of, open_key, order_key, row
from ordering.storage.tables import Changed, Row, Table
from ordering.storage.transactions import MOST_OPERATIONS, Merge, Operation, Upsert

# As many rows as one request of the service answers.
MOST_COUNTED = 1_000
# The property of an order's own row that names its row here.
ENDED_ROW = "endedRow"
INVOICED = Stage.INVOICED.value
LISTED = (INVOICED, *sorted(stage.value for stage in BUSINESS_ENDS))
# The year 2286, in ten digits: what is left until then grows smaller.
END_OF_TIME = 9_999_999_999


class Position(NamedTuple):
    """Where an order stands: the seconds left until the end of time, so the newest comes first."""

    left: int
    order_id: str


def position(checked: datetime, order_id: str) -> Position:
    """Return where an order stands that was checked first at a moment; of a second, by its id."""
    return Position(min(max(END_OF_TIME - int(checked.timestamp()), 0), END_OF_TIME), order_id)


def checked_at(stored: Mapping[str, Any]) -> datetime:
    """Return the second of an order's first check, by its row.

    Once it has waited, its row keeps since when.
    """
    if since := str(stored.get("since") or ""):
        waited = datetime.strptime(since, "%Y-%m-%dT%H%M%S.%fZ")
        return waited.replace(microsecond=0, tzinfo=timezone.utc)
    return moment(str(stored.get("reservedAt") or stored["releasedAt"]))


def ended_prefix(stage: str) -> str:
    """Return how the row keys begin of orders that ended at a stage."""
    return f"ended:{stage}:"


def ended_key(stage: str, checked: datetime, order_id: str) -> str:
    """Return the row key of an order among those that ended at a stage, newest first."""
    return _key(stage, position(checked, order_id))


class EndedOrders:
    """Reads those rows, and writes an invoice's. Every method raises StorageUnavailable.

    A decision's row is written when the order is released, an invoice's by the sweep, which closes
    the order in the same transaction. The archive removes them: `endedRow` of an order's own row
    tells it where they are.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def page(self, stage: str, most: int, after: Position | None = None) -> list[Position]:
        """Return the orders that ended at a stage, newest first, from behind a position on.

        At most 1,000, for one request.
        """
        query = beginning_with(ended_prefix(stage), _key(stage, after) if after else "")
        rows = chain.from_iterable(self._table.pages(query, size=most, only=["RowKey"]))
        return [_position(found) for found in islice(rows, most)]

    def add_invoiced(self, orders: Iterable[tuple[str, datetime, Sequence[Operation]]]) -> None:
        """List orders as invoiced, at their first check; a request for each 33 of them.

        With each comes one operation at most that is done together with it. An order for which one
        cannot be done, since another run was faster, or which was archived meanwhile, is left out.
        """
        groups = [_listing(*order) for order in orders]
        size = MOST_OPERATIONS // 3
        for start in range(0, len(groups), size):
            some = groups[start : start + size]
            try:
                self._table.transact([operation for group in some for operation in group])
            except Changed:
                for group in some:
                    with suppress(Changed):
                        self._table.transact(group)

    def add_unlisted(self, page: Sequence[Row]) -> None:
        """List the invoiced ones of some orders, in the sequence of their keys, that are not yet.

        An earlier version of the app has closed them. Stock that is held by an order which is not
        open is sold; that it is not open must be read after its row was. One request, if any is
        held that is not listed.
        """
        unlisted = [found for found in page if found["state"] == HELD and not found.get(ENDED_ROW)]
        if not unlisted:
            return
        ends = between(open_key(id_of(unlisted[0])), open_key(id_of(unlisted[-1])))
        pages = self._table.pages(ends, only=["RowKey"])
        opened = {id_of(found) for rows in pages for found in rows}
        sold = [found for found in unlisted if id_of(found) not in opened]
        self.add_invoiced((id_of(found), checked_at(found), []) for found in sold)
        for found in sold:
            found[ENDED_ROW] = ended_key(INVOICED, checked_at(found), id_of(found))


def _listing(order_id: str, checked: datetime, more: Sequence[Operation]) -> list[Operation]:
    key = ended_key(INVOICED, checked, order_id)
    own: Operation = Merge(row(order_key(order_id), **{ENDED_ROW: key}))
    return [own, Upsert(row(key)), *more]


def _key(stage: str, place: Position) -> str:
    return f"{ended_prefix(stage)}{place.left:010d}:{place.order_id}"


def _position(found: Row) -> Position:
    return Position(int(str(found["RowKey"]).split(":")[2]), id_of(found))
