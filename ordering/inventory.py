"""Reserving stock: one query for all rows needed, one transaction for all changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime

from azure.data.tables import TableEntity, UpdateMode

from ordering.backoff import Backoff
from ordering.clock import timestamp, utc_now
from ordering.contracts import OrderItem, OrderRequest
from ordering.errors import MixedCurrencies
from ordering.inventory_rows import (
    HELD,
    RELEASED,
    WAREHOUSE,
    Line,
    Reservation,
    dump,
    integer,
    line,
    number,
    order_key,
    reservation,
    row,
    stock_key,
    unsettled_key,
    waiting_key,
)
from ordering.tables import Changed, FilterRefused, Operation, Table, unchanged
from ordering.turns import Turns

Rows = dict[str, TableEntity]


class Inventory:
    """The stock of the warehouse, and what orders hold of it. Safe to share between threads.

    Every method raises StorageUnavailable, and Contention when other orders kept changing the
    same rows for too long; nothing is changed then.
    """

    def __init__(
        self,
        table: Table,
        backoff: Backoff | None = None,
        now: Callable[[], datetime] = utc_now,
        turns: Turns | None = None,
    ) -> None:
        self._table = table
        self._backoff = backoff or Backoff()
        self._now = now
        self._turns = turns or Turns()

    def check_and_reserve(self, order: OrderRequest) -> bool:
        """Reserve all lines of an order or none; tell whether the order holds its stock.

        A repeat changes nothing and answers the same; an order whose stock was released gets
        none again. An order that comes up short is written down as waiting. A SKU that is not in
        the catalogue counts as out of stock.
        """
        for _ in self._backoff.attempts(f"Reserving stock for order {order.order_id}"):
            try:
                with self._turns.at(item.sku for item in order.items):
                    return self._try_to_reserve(order)
            except Changed:
                continue
        raise AssertionError("unreachable")

    def reservation(self, order_id: str) -> Reservation | None:
        """Return what an order holds or held, or None. One request."""
        found = self._table.get(WAREHOUSE, order_key(order_id))
        return reservation(found) if found else None

    def release(self, order_id: str) -> bool:
        """Give back what an order holds, once; tell whether it ever held anything.

        Marks the order as released, so that a check which is still under way reserves nothing
        after this, and forgets that it waited. A repeat changes nothing and answers the same.
        """
        for _ in self._backoff.attempts(f"Releasing stock of order {order_id}"):
            rows = read(self._table, [order_key(order_id), waiting_key(order_id)])
            found = rows.get(order_key(order_id))
            held = reservation(found) if found is not None else None
            ever_held = bool(held and held.lines)
            if held and held.state == RELEASED and waiting_key(order_id) not in rows:
                return ever_held
            try:
                with self._turns.at(item.sku for item in (held.lines if held else ())):
                    self._table.transact(self._give_back(order_id, rows, held))
                return ever_held
            except Changed:
                continue
        raise AssertionError("unreachable")

    def _try_to_reserve(self, order: OrderRequest) -> bool:
        order_id = str(order.order_id)
        keys = [stock_key(item.sku) for item in order.items]
        rows = read(self._table, [order_key(order_id), waiting_key(order_id), *keys])
        if order_key(order_id) in rows:
            return bool(rows[order_key(order_id)]["state"] == HELD)
        short = [item for item in order.items if not _suffices(rows, item)]
        if not short:
            self._table.transact(self._hold(order, rows))
        # A restock first adds and then looks for waiting orders: it sees a row that was there
        # before this query, so there is nothing to write then.
        elif waiting_key(order_id) not in rows:
            self._table.transact(self._wait(order, rows, short))
        return not short

    def _hold(self, order: OrderRequest, rows: Rows) -> list[Operation]:
        order_id = str(order.order_id)
        stock = [(rows[stock_key(item.sku)], item) for item in order.items]
        currencies = {str(entity["currency"]) for entity, _ in stock}
        if len(currencies) > 1:
            raise MixedCurrencies(
                f"Order {order_id} mixes the currencies {', '.join(sorted(currencies))}. "
                "Place one order for each currency."
            )
        lines = [line(entity, item.sku, item.quantity) for entity, item in stock]
        changes = [stock_change(entity, -item.quantity) for entity, item in stock]
        held = row(
            order_key(order_id),
            state=HELD,
            currency=currencies.pop(),
            lines=dump(lines),
            reservedAt=timestamp(self._now()),
        )
        unsettled = row(unsettled_key(order_id), since=timestamp(self._now()))
        made: list[Operation] = [("create", held, {}), ("upsert", unsettled, {})]
        return [*changes, *made, *_forget_waiting(rows, order_id)]

    def _wait(self, order: OrderRequest, rows: Rows, short: Sequence[OrderItem]) -> list[Operation]:
        order_id = str(order.order_id)
        # All SKUs, not only the short ones: another may be gone when these come in.
        waiting = row(
            waiting_key(order_id),
            since=timestamp(self._now(), "microseconds"),
            skus=json.dumps({item.sku: item.quantity for item in order.items}),
        )
        # Writing the short rows unchanged makes this fail if one was restocked since the query:
        # that restock has looked for waiting orders already and did not see this one.
        touched = [rows[key] for item in short if (key := stock_key(item.sku)) in rows]
        return [("create", waiting, {}), *(stock_change(entity, 0) for entity in touched)]

    def _give_back(self, order_id: str, rows: Rows, held: Reservation | None) -> list[Operation]:
        forgotten = _forget_waiting(rows, order_id)
        if held is None:
            tombstone = row(
                order_key(order_id),
                state=RELEASED,
                currency="",
                lines=dump([]),
                releasedAt=timestamp(self._now()),
            )
            return [("create", tombstone, {}), *forgotten]
        if held.state == RELEASED:
            return forgotten
        stock = read(self._table, [stock_key(item.sku) for item in held.lines])
        released = row(order_key(order_id), state=RELEASED, releasedAt=timestamp(self._now()))
        merge = {"mode": UpdateMode.MERGE, **unchanged(rows[order_key(order_id)])}
        return [
            *(_return(stock, held, item) for item in held.lines),
            ("update", released, merge),
            *forgotten,
        ]


def read(table: Table, keys: Sequence[str]) -> Rows:
    """Return the rows of these keys that exist, by key, in one query if the service allows it.

    Azure documents at most 15 comparisons in a filter and is not known to enforce it
    (https://learn.microsoft.com/rest/api/storageservices/querying-tables-and-entities); where
    it does, the query is halved until it passes.
    """
    choice = " or ".join(f"RowKey eq '{key}'" for key in keys)
    try:
        found = table.query(f"PartitionKey eq '{WAREHOUSE}' and ({choice})")
    except FilterRefused:
        if len(keys) == 1:
            raise
        middle = len(keys) // 2
        return {**read(table, keys[:middle]), **read(table, keys[middle:])}
    return {str(entity["RowKey"]): entity for entity in found}


def _suffices(rows: Rows, item: OrderItem) -> bool:
    entity = rows.get(stock_key(item.sku))
    return entity is not None and number(entity, "available") >= item.quantity


def stock_change(entity: TableEntity, difference: int, stocked: int = 0) -> Operation:
    """Return the change of a stock row's `available`, if the row is still as it was read.

    `stocked` is how much of it came into the shop: 0 for what orders take and give back.
    """
    change = row(str(entity["RowKey"]), available=integer(number(entity, "available") + difference))
    if stocked:
        change["stocked"] = integer(number(entity, "stocked") + stocked)
    return ("update", change, {"mode": UpdateMode.MERGE, **unchanged(entity)})


def _return(stock: Rows, held: Reservation, item: Line) -> Operation:
    entity = stock.get(stock_key(item.sku))
    if entity is not None:
        return stock_change(entity, item.quantity)
    removed = row(
        stock_key(item.sku),
        available=integer(item.quantity),
        stocked=integer(item.quantity),
        unitPrice=integer(item.unitPrice),
        currency=held.currency,
        description=item.description,
    )
    return ("create", removed, {})


def _forget_waiting(rows: Rows, order_id: str) -> list[Operation]:
    entity = rows.get(waiting_key(order_id))
    return [("delete", entity, unchanged(entity))] if entity is not None else []
