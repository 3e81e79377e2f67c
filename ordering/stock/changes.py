"""What reserving, waiting and giving back change: the operations of one transaction each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from ordering.clock import timestamp
from ordering.errors import MixedCurrencies
from ordering.model import OrderItem, OrderRequest
from ordering.stock.rows import (
    HELD,
    RELEASED,
    Line,
    Reservation,
    dump,
    line,
    number,
    order_key,
    row,
    stock_key,
    unsettled_key,
    waiting_key,
)
from ordering.stock.seen_rows import Rows, stock_change
from ordering.storage.tables import Row
from ordering.storage.transactions import Delete, Insert, Merge, Operation, Upsert


def hold(
    order: OrderRequest, rows: Rows, now: datetime, first_time: bool = False
) -> list[Operation]:
    """Return what reserves all lines of an order, on stock rows that suffice.

    `first_time` makes it fail for an order that was here before. Raises MixedCurrencies.
    """
    order_id = str(order.order_id)
    stock = [(rows[stock_key(item.sku)], item) for item in order.items]
    currencies = {str(entity["currency"]) for entity, _ in stock}
    if len(currencies) > 1:
        raise MixedCurrencies(
            f"Order {order_id} mixes the currencies {', '.join(sorted(currencies))}. "
            "Place one order for each currency."
        )
    held = row(
        order_key(order_id),
        state=HELD,
        currency=currencies.pop(),
        lines=dump([line(entity, item.sku, item.quantity) for entity, item in stock]),
        reservedAt=timestamp(now),
    )
    return [
        *(stock_change(entity, -item.quantity) for entity, item in stock),
        Insert(held),
        _mark(order_id, now, first_time),
        *_forget_waiting(rows, order_id),
    ]


def wait(
    order: OrderRequest,
    rows: Rows,
    short: Sequence[OrderItem],
    now: datetime,
    first_time: bool = False,
) -> list[Operation]:
    """Return what writes an order down as waiting, for lines that come up short.

    `first_time` makes it fail for an order that was here before.
    """
    order_id = str(order.order_id)
    # All SKUs, not only the short ones: another may be gone when these come in.
    waiting = row(
        waiting_key(order_id),
        since=timestamp(now, "microseconds"),
        skus=json.dumps({item.sku: item.quantity for item in order.items}),
    )
    # Writing the short rows unchanged makes this fail if one was restocked since it was read:
    # that restock has looked for waiting orders already and did not see this one.
    touched = [rows[key] for item in short if (key := stock_key(item.sku)) in rows]
    return [
        Insert(waiting),
        _mark(order_id, now, first_time),
        *(stock_change(entity, 0) for entity in touched),
    ]


def give_back(
    order_id: str, rows: Rows, held: Reservation | None, stock: Rows, now: datetime
) -> list[Operation]:
    """Return what releases an order: a tombstone for one that has never held any stock.

    `rows` are the order's own, `stock` those of the SKUs that it holds.
    """
    forgotten = _forget_waiting(rows, order_id)
    released = row(order_key(order_id), state=RELEASED, releasedAt=timestamp(now))
    if held is None:
        return [Insert({**released, "currency": "", "lines": dump([])}), *forgotten]
    if held.state == RELEASED:
        return forgotten
    return [
        *(_return(stock, held, item) for item in held.lines),
        Merge(released, rows[order_key(order_id)].etag),
        *forgotten,
    ]


def stock_keys(order: OrderRequest) -> list[str]:
    """Return the row keys of the stock that an order needs."""
    return [stock_key(item.sku) for item in order.items]


def short_lines(order: OrderRequest, rows: Rows) -> list[OrderItem]:
    """Return the lines that the stock does not suffice for."""
    return [item for item in order.items if not _suffices(rows.get(stock_key(item.sku)), item)]


def _suffices(entity: Row | None, item: OrderItem) -> bool:
    return entity is not None and number(entity, "available") >= item.quantity


def _mark(order_id: str, now: datetime, first_time: bool) -> Operation:
    """Mark an order as unsettled; one that has held or waited is so and cannot be created."""
    unsettled = row(unsettled_key(order_id), since=timestamp(now))
    return Insert(unsettled) if first_time else Upsert(unsettled)


def _return(stock: Rows, held: Reservation, item: Line) -> Operation:
    entity = stock.get(stock_key(item.sku))
    if entity is not None:
        return stock_change(entity, item.quantity)
    removed = row(
        stock_key(item.sku),
        available=item.quantity,
        stocked=item.quantity,
        unitPrice=item.unitPrice,
        currency=held.currency,
        description=item.description,
    )
    return Insert(removed)


def _forget_waiting(rows: Rows, order_id: str) -> list[Operation]:
    entity = rows.get(waiting_key(order_id))
    return [Delete(entity, entity.etag)] if entity is not None else []
