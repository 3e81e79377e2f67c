"""The orders that have ended, newest first, in all and by stage, so that no list reads them all.

An order that ended with an invoice or by a decision has a row `closed:<from the end of time>:<id>`
that names its stage, and after a decision, since these are few, one `ended:<stage>:...` as well.
Their time is that of the order's first check, as in its row `open:<orderId>`: so an order keeps
its place among all others when it ends, and whoever pages meanwhile misses none.
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
# The properties of an order's own row that name its rows here.
ENDED_ROW, CLOSED_ROW = "endedRow", "closedRow"
INVOICED = Stage.INVOICED.value
LISTED = (INVOICED, *sorted(stage.value for stage in BUSINESS_ENDS))
_CLOSED = "closed:"
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


def listing(
    stage: str, checked: datetime, order_id: str
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Return what the row of an order that ended at a stage says of its rows here, and these."""
    place = position(checked, order_id)
    named = {CLOSED_ROW: _key(_CLOSED, place)}
    if stage != INVOICED:
        named[ENDED_ROW] = _key(_ended(stage), place)
    return named, [row(key, stage=stage) for key in named.values()]


def opened_among(table: Table, order_ids: Sequence[str]) -> set[str]:
    """Return which orders are open from the first of these ids to the last; one request.

    The ids are in the sequence of their keys. Raises StorageUnavailable.
    """
    if not order_ids:
        return set()
    ends = between(open_key(order_ids[0]), open_key(order_ids[-1]))
    return {id_of(found) for page in table.pages(ends, only=["RowKey"]) for found in page}


class EndedOrders:
    """Reads those rows, and writes an invoice's. Every method raises StorageUnavailable.

    A decision's are written when the order is released, an invoice's by the sweep, which closes
    the order in the same transaction. The archive removes them: an order's own row names them.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def page(self, stage: str | None, most: int, after: Position | None = None) -> list[Position]:
        """Return the orders that ended at a stage, at any if None, newest first.

        Those behind a position, at most 1,000, for one request.
        """
        prefix = _CLOSED if stage in (None, INVOICED) else _ended(str(stage))
        query = beginning_with(prefix, _key(prefix, after) if after else "")
        if stage == INVOICED:
            query += f" and stage eq '{INVOICED}'"
        rows = chain.from_iterable(self._table.pages(query, size=most, only=["RowKey"]))
        return [_position(found) for found in islice(rows, most)]

    def add_invoiced(self, orders: Iterable[tuple[str, datetime, Sequence[Operation]]]) -> None:
        """List orders as invoiced, at their first check; a request for each 33 of them.

        With each comes one operation at most that is done together with it. An order for which one
        cannot be done, since another run was faster, or which was started again or archived
        meanwhile, is left out.
        """
        self._add(_closing(INVOICED, *order) for order in orders)

    def add_unlisted(self, page: Sequence[Row]) -> None:
        """List the orders of a page, in the sequence of their keys, that have ended and are not.

        An earlier version of the app has closed them. Stock that is held by an order which is not
        open is sold; that it is not open must be read after its row was. One request, if there may
        be any.
        """
        unlisted = [each for each in page if _stage_of(each) and not each.get(CLOSED_ROW)]
        if not unlisted:
            return
        opened = opened_among(self._table, [id_of(each) for each in unlisted])
        closed = [found for found in unlisted if id_of(found) not in opened]
        self._add(
            _closing(_stage_of(each), id_of(each), checked_at(each), etag=each.etag or None)
            for each in closed
        )
        for found in closed:
            found[CLOSED_ROW] = _key(_CLOSED, position(checked_at(found), id_of(found)))

    def _add(self, orders: Iterable[list[Operation]]) -> None:
        groups = list(orders)
        size = MOST_OPERATIONS // 3
        for start in range(0, len(groups), size):
            some = groups[start : start + size]
            try:
                self._table.transact([operation for group in some for operation in group])
            except Changed:
                for group in some:
                    with suppress(Changed):
                        self._table.transact(group)


def _closing(
    stage: str,
    order_id: str,
    checked: datetime,
    more: Sequence[Operation] = (),
    etag: str | None = None,
) -> list[Operation]:
    key = _key(_CLOSED, position(checked, order_id))
    own: Operation = Merge(row(order_key(order_id), **{CLOSED_ROW: key}), etag)
    return [own, Upsert(row(key, stage=stage)), *more]


def _stage_of(stored: Row) -> str:
    """Return at which stage an order ended, if it has, by its row; empty if that says nothing."""
    if stored["state"] == HELD:
        return INVOICED
    return str(stored.get(ENDED_ROW) or "::").split(":")[1]


def _ended(stage: str) -> str:
    return f"ended:{stage}:"


def _key(prefix: str, place: Position) -> str:
    return f"{prefix}{place.left:010d}:{place.order_id}"


def _position(found: Row) -> Position:
    return Position(int(str(found["RowKey"]).split(":")[-2]), id_of(found))
