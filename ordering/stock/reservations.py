"""Reserving stock: one transaction for all changes, and before it at most one query."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from ordering.backoff import Backoff
from ordering.clock import utc_now
from ordering.errors import MixedCurrencies
from ordering.model import OrderRequest
from ordering.stock.changes import give_back, hold, short_lines, stock_keys, wait
from ordering.stock.rows import (
    HELD,
    RELEASED,
    WAREHOUSE,
    Reservation,
    order_key,
    reservation,
    stock_key,
    waiting_key,
)
from ordering.stock.seen_rows import Rows, SeenRows, read
from ordering.stock.turns import Turns
from ordering.storage.tables import Changed, Row, Table
from ordering.storage.transactions import Delete, Operation

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
                skus = [item.sku for item in (held.lines if held and held.state == HELD else ())]
                with self._turns.at(skus):
                    self._seen.forget([waiting_key(order_id), *map(stock_key, skus)])
                    self._held.forget([order_key(order_id)])
                    stock = read(self._table, [*map(stock_key, skus)]) if skus else {}
                    self._table.transact(give_back(order_id, rows, held, stock, self._now()))
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
        keys = [order_key(order_id), waiting_key(order_id), *stock_keys(order)]
        rows = read(self._table, keys)
        if order_key(order_id) in rows:
            return bool(rows[order_key(order_id)]["state"] == HELD)
        short = short_lines(order, rows)
        if not short:
            self._write(hold(order, rows, self._now()), rows)
        # A restock first adds and then looks for waiting orders: it sees a row that was there
        # before this query, so there is nothing to write then.
        elif waiting_key(order_id) not in rows:
            self._write(wait(order, rows, short, self._now()), rows)
        return not short

    def _as_seen(self, order: OrderRequest) -> bool | None:
        """Reserve or begin to wait without reading, on the stock as it was last seen.

        The rows prove it themselves: the ETags of the stock, and rows that cannot be created if
        the order was here before. None where that fails, and where there is no telling.
        """
        keys = [waiting_key(str(order.order_id)), *stock_keys(order)]
        rows = self._seen.get(keys)
        if any(key not in rows for key in stock_keys(order)):
            return None
        short = short_lines(order, rows)
        waits = waiting_key(str(order.order_id)) in rows
        if short and waits:
            return None
        try:
            if short:
                changes = wait(order, rows, short, self._now(), first_time=True)
            else:
                changes = hold(order, rows, self._now(), first_time=not waits)
            self._write(changes, rows)
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
        rows = {**waiting, **read(self._table, stock_keys(order))}
        if short_lines(order, rows):
            # Perhaps because another process has reserved it for this very order.
            found = self._table.get(WAREHOUSE, order_key(str(order.order_id)))
            return found is not None and bool(found["state"] == HELD)
        try:
            self._write(hold(order, rows, self._now()), rows)
        except Changed:
            self._seen.forget(waiting)
            return None
        return True

    def _write(self, operations: Sequence[Operation], rows: Rows) -> None:
        """Write, and remember the rows as written; `rows` is how they were."""
        etags = self._table.transact(operations)
        for operation, etag in zip(operations, etags, strict=True):
            key = str(operation.row["RowKey"])
            written = {key: Row({**rows.get(key, {}), **operation.row}, etag or "")}
            if isinstance(operation, Delete):
                self._seen.forget([key])
            elif key.startswith(order_key("")):
                self._held.put(written)
            elif key.startswith(_SEEN) and etag:
                self._seen.put(written)
