"""Restocking: stock that comes in, and the waiting orders that it can serve."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from azure.data.tables import TableEntity
from pydantic import Field

from ordering.backoff import Backoff
from ordering.clock import timestamp, utc_now
from ordering.json_input import Contract, ContractError, validate
from ordering.stock.catalogue import MOST
from ordering.stock.rows import integer, notified_key, number, restock_key, row, stock_key
from ordering.stock.seen_rows import Rows, SeenRows, read, stock_change
from ordering.stock.turns import Turns
from ordering.stock.waiting import free_stock, servable, waiting_orders
from ordering.storage.tables import Changed, Table

# A property of a row holds 64 KiB, a row 1 MiB.
_PIECE = 60_000  # bytes
_PIECES = 15

_RULES = {"quantity": f"must be a whole number from 1 to {MOST}"}


class RestockRequest(Contract):
    """How much of a SKU came in."""

    quantity: int = Field(ge=1, le=MOST)


@dataclass(frozen=True)
class Restocked:
    """What is free of a SKU after its restock, and the orders to be told, oldest first."""

    sku: str
    available: int
    notified: list[str]


class UnknownSku(Exception):
    """The SKU that came in is not in the catalogue."""


class KeyReused(Exception):
    """The idempotency key stands for another restock."""


def parse_restock(data: object) -> int:
    """Return the quantity of a restock's JSON value; raises ContractError."""
    return validate(RestockRequest, data, "The restock", _RULES).quantity


class Restocks:
    """What comes in. Safe to share between threads and processes.

    `restock` raises StorageUnavailable, and Contention when others kept changing the stock.
    """

    def __init__(
        self,
        table: Table,
        turns: Turns,
        seen: SeenRows,
        backoff: Backoff | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._table = table
        self._turns = turns
        self._seen = seen
        self._backoff = backoff or Backoff()
        self._now = now

    def restock(self, sku: str, quantity: int, idempotency_key: str | None = None) -> Restocked:
        """Add stock, then tell which waiting orders the stock can serve now.

        A repeat under the same key adds nothing and answers the same, also when the first try
        broke off between the two. Raises UnknownSku, KeyReused, and ContractError for a quantity
        that would bring the stock over the limit.
        """
        # Without a key of the client's, one of this call: an answer of storage may get lost after
        # the stock was added, and the second try must see that.
        key = f"client {idempotency_key}" if idempotency_key else f"call {uuid.uuid4().hex}"
        available, stored = self._add(sku, quantity, key)
        notified = self._answer(sku, key) if stored is None else _unpack(stored)
        return Restocked(sku, available, notified)

    def _add(self, sku: str, quantity: int, key: str) -> tuple[int, TableEntity | None]:
        for _ in self._backoff.attempts(f"Restocking {sku}"):
            with self._turns.at([sku]):
                rows = read(self._table, [stock_key(sku), restock_key(key), notified_key(key)])
                done = rows.get(restock_key(key))
                if done is not None:
                    if (str(done["sku"]), number(done, "quantity")) != (sku, quantity):
                        raise KeyReused
                    return number(done, "available"), rows.get(notified_key(key))
                try:
                    self._seen.forget([stock_key(sku)])
                    return self._try_to_add(sku, quantity, key, rows), None
                except Changed:
                    continue
        raise AssertionError("unreachable")

    def _try_to_add(self, sku: str, quantity: int, key: str, rows: Rows) -> int:
        stock = rows.get(stock_key(sku))
        if stock is None:
            raise UnknownSku
        available = number(stock, "available") + quantity
        if available > MOST:
            message = f"would bring the stock to {available}; at most {MOST} are kept of a SKU"
            raise ContractError("The restock", [{"field": "quantity", "message": message}])
        restock = row(
            restock_key(key),
            sku=sku,
            quantity=integer(quantity),
            available=integer(available),
            restockedAt=timestamp(self._now()),
        )
        self._table.transact([stock_change(stock, quantity, quantity), ("create", restock, {})])
        return available

    def _answer(self, sku: str, key: str) -> list[str]:
        order_ids = self._whom_to_notify(sku)
        pieces = _pack(order_ids)
        if len(pieces) > _PIECES:
            # Over 9,000 orders: not kept, and a repeat looks at the stock again.
            return order_ids
        if not self._table.insert(row(notified_key(key), **pieces)):
            # Another call under this key was faster; its answer is the answer.
            stored = read(self._table, [notified_key(key)]).get(notified_key(key))
            return _unpack(stored) if stored is not None else order_ids
        return order_ids

    def _whom_to_notify(self, sku: str) -> list[str]:
        """Look only after the stock was added: `Inventory._wait` counts on that order.

        An order that reserves while this runs must not be counted twice, as one that needs stock
        and as one that has taken it: the others would wait although there is stock for them. So
        only those count that still wait after the stock was read.
        """
        waiting = waiting_orders(self._table, sku)
        if not waiting:
            return []
        free = free_stock(self._table, (sku for order in waiting.values() for sku in order.needs))
        still = waiting_orders(self._table, sku)
        return servable((order for key, order in waiting.items() if key in still), free)


def _pack(order_ids: list[str]) -> dict[str, bytes]:
    text = ",".join(order_ids).encode()
    pieces = [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]
    return {f"notified{number:02d}": piece for number, piece in enumerate(pieces)}


def _unpack(entity: TableEntity) -> list[str]:
    names = sorted(name for name in entity if name.startswith("notified"))
    text = b"".join(bytes(entity[name]) for name in names).decode()
    return text.split(",") if text else []
