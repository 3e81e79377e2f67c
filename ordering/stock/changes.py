"""What changes in the rows of an order or a SKU: given back, marked as ended, opened again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ordering.clock import timestamp
from ordering.model import Stage
from ordering.stock.ended import CLOSED_ROW, checked_at, listing
from ordering.stock.rows import (
    HELD,
    RELEASED,
    WAITING,
    Line,
    dump,
    id_of,
    lines_to_stand_in,
    open_key,
    order_key,
    reservation,
    row,
    stock_key,
)
from ordering.storage.tables import Row
from ordering.storage.transactions import Delete, Insert, Merge, Operation, Upsert


def reopen(stored: Row) -> list[Operation]:
    """Return what has the sweep look at an order that holds stock, if it holds it still.

    The order's end may have been seen, and its row `open:` be gone: an orchestration that is
    started again under its own id may end otherwise the next time.
    """
    still: Operation = Merge(row(str(stored["RowKey"]), state=HELD), stored.etag)
    opened = row(open_key(id_of(stored)), since=timestamp(checked_at(stored)))
    return [still, Upsert(opened)]


def stock_change(stored: Row, available: int, stocked: int = 0) -> Operation:
    """Return the change of a SKU's row to so many free pieces, if it is still as it was read.

    `stocked` is how many of them came into the shop: 0 for what orders take and give back.
    """
    change = row(str(stored["RowKey"]), available=available)
    if stocked:
        change["stocked"] = int(stored.get("stocked", 0)) + stocked
    return Merge(change, stored.etag)


def leave_lines(stored: Row) -> list[Operation]:
    """Return what takes a waiting order out of the lines that it stands in."""
    return [Delete(row(key)) for key in lines_to_stand_in(stored)]


def give_back(
    stored: Row, stock: Mapping[str, Row], now: datetime, stage: str | None = None
) -> list[Operation]:
    """Return what releases an order that holds stock or waits for it: its own row first.

    `stock` are the rows of the SKUs that it holds. `stage` is the decision that ended it, if one
    did.
    """
    more, listed = _list_end(id_of(stored), checked_at(stored), stage)
    released = row(str(stored["RowKey"]), state=RELEASED, releasedAt=timestamp(now), **more)
    change: Operation = Merge(released, stored.etag)
    if stage is None and (closed := stored.get(CLOSED_ROW)):
        # It is listed as invoiced, and was started again since.
        listed = [Upsert(row(str(closed), stage=Stage.FAILED.value))]
    if stored["state"] == WAITING:
        return [change, *leave_lines(stored), *listed]
    held = reservation(stored)
    returned = [_returned(line, held.currency, stock.get(line.sku)) for line in held.lines]
    return [change, *returned, *listed]


def tombstone(order_id: str, now: datetime, stage: str | None = None) -> list[Operation]:
    """Return what keeps an order that was never here from reserving anything later."""
    more, listed = _list_end(order_id, now, stage)
    released = row(
        order_key(order_id),
        state=RELEASED,
        currency="",
        lines=dump([]),
        releasedAt=timestamp(now),
        **more,
    )
    return [Insert(released), *listed]


def _list_end(
    order_id: str, checked: datetime, stage: str | None
) -> tuple[dict[str, str], list[Operation]]:
    """Return what an order's row says of its rows among those that ended, and these rows."""
    if stage is None:
        return {}, []
    named, rows = listing(stage, checked, order_id)
    return named, [Upsert(each) for each in rows]


def _returned(line: Line, currency: str, stored: Row | None) -> Operation:
    if stored is not None:
        return stock_change(stored, int(stored["available"]) + line.quantity)
    # Somebody deleted the SKU's row by hand: it comes back with what the order held.
    return Insert(
        row(
            stock_key(line.sku),
            available=line.quantity,
            stocked=line.quantity,
            unitPrice=line.unitPrice,
            currency=currency,
            description=line.description,
        )
    )
