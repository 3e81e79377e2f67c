"""Reserving stock: one transaction for all changes, and before it at most one query."""

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
from ordering.stock import Rows, SeenRows, WrittenRow, read, stock_change
from ordering.tables import Changed, Operation, Table, unchanged
from ordering.turns import Turns

# What is worth remembering: other orders take from the same stock, and this one comes back.
_SEEN = (stock_key(""), waiting_key(""))
# Reserved and not paid for yet; up to 32 KB each.
_MOST_HELD = 1_000


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
        seen: SeenRows | None = None,
    ) -> None:
        self._table = table
        self._backoff = backoff or Backoff()
        self._now = now
        self._turns = turns or Turns()
        self._seen = seen or SeenRows()
        self._held = SeenRows(_MOST_HELD)

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

    def take_reservation(self, order_id: str) -> Reservation | None:
        """Return what an order holds, as this process reserved it; the next call asks storage.

        It may have been released since. No request, or one if it was not reserved here.
        """
        key = order_key(order_id)
        held = self._held.get([key])
        self._held.forget([key])
        return reservation(held[key]) if held else self.reservation(order_id)

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
                skus = [item.sku for item in (held.lines if held else ())]
                with self._turns.at(skus):
                    self._seen.forget([waiting_key(order_id), *map(stock_key, skus)])
                    self._held.forget([order_key(order_id)])
                    self._table.transact(self._give_back(order_id, rows, held))
                return ever_held
            except Changed:
                continue
        raise AssertionError("unreachable")

    def _try_to_reserve(self, order: OrderRequest) -> bool:
        for guess in (self._as_seen, self._as_waiting):
            answer = guess(order)
            if answer is not None:
                return answer
        order_id = str(order.order_id)
        keys = [order_key(order_id), waiting_key(order_id), *_stock_keys(order)]
        rows = read(self._table, keys)
        if order_key(order_id) in rows:
            return bool(rows[order_key(order_id)]["state"] == HELD)
        short = _short(order, rows)
        if not short:
            self._hold(order, rows)
        # A restock first adds and then looks for waiting orders: it sees a row that was there
        # before this query, so there is nothing to write then.
        elif waiting_key(order_id) not in rows:
            self._wait(order, rows, short)
        return not short

    def _as_seen(self, order: OrderRequest) -> bool | None:
        """Reserve or begin to wait without reading, on the stock as it was last seen.

        The rows prove it themselves: the ETags of the stock, and rows that cannot be created if
        the order was here before. None where that fails, and where there is no telling.
        """
        keys = [waiting_key(str(order.order_id)), *_stock_keys(order)]
        rows = self._seen.get(keys)
        if any(key not in rows for key in _stock_keys(order)):
            return None
        short = _short(order, rows)
        waits = waiting_key(str(order.order_id)) in rows
        if short and waits:
            return None
        try:
            if short:
                self._wait(order, rows, short, first_time=True)
            else:
                self._hold(order, rows, first_time=not waits)
        except (Changed, MixedCurrencies):
            self._seen.forget(keys)
            return None
        return not short

    def _as_waiting(self, order: OrderRequest) -> bool | None:
        """Reserve for an order that is known to wait, without a search for all of its rows.

        None if it is not known to wait, and if it does so no more.
        """
        waiting = self._seen.get([waiting_key(str(order.order_id))])
        if not waiting:
            return None
        rows = {**waiting, **read(self._table, _stock_keys(order))}
        if _short(order, rows):
            # Perhaps because another process has reserved it for this very order.
            found = self._table.get(WAREHOUSE, order_key(str(order.order_id)))
            return found is not None and bool(found["state"] == HELD)
        try:
            self._hold(order, rows)
        except Changed:
            self._seen.forget(waiting)
            return None
        return True

    def _hold(self, order: OrderRequest, rows: Rows, first_time: bool = False) -> None:
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
        made: list[Operation] = [("create", held, {}), self._mark(order_id, first_time)]
        self._write([*changes, *made, *_forget_waiting(rows, order_id)], rows)
        self._held.put({order_key(order_id): WrittenRow(held, "")})

    def _wait(
        self,
        order: OrderRequest,
        rows: Rows,
        short: Sequence[OrderItem],
        first_time: bool = False,
    ) -> None:
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
        made: list[Operation] = [("create", waiting, {}), self._mark(order_id, first_time)]
        self._write([*made, *(stock_change(entity, 0) for entity in touched)], rows)

    def _mark(self, order_id: str, first_time: bool) -> Operation:
        """Mark an order as unsettled; one that has held or waited is so and cannot be created."""
        unsettled = row(unsettled_key(order_id), since=timestamp(self._now()))
        return ("create" if first_time else "upsert", unsettled, {})

    def _write(self, operations: Sequence[Operation], rows: Rows) -> None:
        """Write, and see the rows as written; `rows` is how they were."""
        etags = self._table.transact(operations)
        for (kind, change, _), etag in zip(operations, etags, strict=True):
            key = str(change["RowKey"])
            if kind == "delete":
                self._seen.forget([key])
            elif key.startswith(_SEEN) and etag:
                self._seen.put({key: WrittenRow({**rows.get(key, {}), **change}, etag)})

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


def _stock_keys(order: OrderRequest) -> list[str]:
    return [stock_key(item.sku) for item in order.items]


def _short(order: OrderRequest, rows: Rows) -> list[OrderItem]:
    """Return the lines that the stock does not suffice for."""
    return [item for item in order.items if not _suffices(rows.get(stock_key(item.sku)), item)]


def _suffices(entity: TableEntity | None, item: OrderItem) -> bool:
    return entity is not None and number(entity, "available") >= item.quantity


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
