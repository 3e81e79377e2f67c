"""Restocking: stock that comes in, and the waiting orders that it can serve."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import Field

from ordering.clock import timestamp, utc_now
from ordering.json_input import Contract, ContractError, validate
from ordering.retrying import retry
from ordering.stock.catalogue import MOST
from ordering.stock.changes import stock_change
from ordering.stock.plan import Check
from ordering.stock.rows import WAREHOUSE, notified_key, restock_key, row, stock_key
from ordering.stock.seen_rows import SeenRows
from ordering.stock.turns import Turns
from ordering.stock.waiting import Lines
from ordering.storage.tables import Changed, Row, Table
from ordering.storage.transactions import Insert

# A property of a row holds 64 KiB, a row 1 MiB.
_PIECE = 60_000  # bytes
_PIECES = 15

_RULES = {"quantity": f"must be a whole number from 1 to {MOST}"}


class RestockRequest(Contract):
    """How much of a SKU came in."""

    quantity: int = Field(ge=1, le=MOST)


@dataclass(frozen=True)
class Restocked:
    """What is free of a SKU after its restock, and the orders to be told, oldest first.

    A `repeated` one came again under its key: it added nothing, and answers the same.
    """

    sku: str
    available: int
    notified: list[str]
    repeated: bool = field(default=False, compare=False)


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
        lines: Lines,
        turns: Turns[Check],
        seen: SeenRows,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._table = table
        self._lines = lines
        self._turns = turns
        self._seen = seen
        self._now = now

    def restock(
        self,
        sku: str,
        quantity: int,
        idempotency_key: str | None = None,
        *,
        keep_answer: bool = True,
    ) -> Restocked:
        """Add stock, then tell which waiting orders the stock can serve now.

        A repeat under the same key adds nothing and answers the same, also when the first try
        broke off between the two. Without `keep_answer` a repeat may name other orders: for a key
        that the client learns only if this raises. Raises UnknownSku, KeyReused, and ContractError
        for a quantity that would bring the stock over the limit.
        """
        # Without a key of the client's, one of this call: an answer of storage may get lost after
        # the stock was added, and the second try must see that.
        key = f"client {idempotency_key}" if idempotency_key else f"call {uuid.uuid4().hex}"
        available, stored, repeated = self._add(sku, quantity, key)
        if stored is not None:
            return Restocked(sku, available, _unpack(stored), repeated)
        order_ids = self._lines.servable([sku])
        if idempotency_key and keep_answer:
            order_ids = self._keep(order_ids, key)
        return Restocked(sku, available, order_ids, repeated)

    def _add(self, sku: str, quantity: int, key: str) -> tuple[int, Row | None, bool]:
        """Add the stock once; answers what is free then, and whom an earlier try has named.

        Last comes whether it was added before.
        """
        with self._turns.at([sku]):
            self._seen.forget([stock_key(sku)])
            what = f"Restocking {sku}"
            return retry(what, lambda: self._add_or_find(sku, quantity, key), on=Changed)

    def _add_or_find(self, sku: str, quantity: int, key: str) -> tuple[int, Row | None, bool]:
        try:
            return self._try_to_add(sku, quantity, key), None, False
        except (Changed, UnknownSku, ContractError):
            # The row of the restock cannot be created twice: that is how a repeat is told.
            rows = self._table.get_many(WAREHOUSE, [restock_key(key), notified_key(key)])
            done = rows.get(restock_key(key))
            if done is None:
                raise
        if (str(done["sku"]), int(done["quantity"])) != (sku, quantity):
            raise KeyReused
        return int(done["available"]), rows.get(notified_key(key)), True

    def _try_to_add(self, sku: str, quantity: int, key: str) -> int:
        stock = self._table.get(WAREHOUSE, stock_key(sku))
        if stock is None:
            raise UnknownSku
        available = int(stock["available"]) + quantity
        if available > MOST:
            message = f"would bring the stock to {available}; at most {MOST} are kept of a SKU"
            raise ContractError("The restock", [{"field": "quantity", "message": message}])
        restock = row(
            restock_key(key),
            sku=sku,
            quantity=quantity,
            available=available,
            restockedAt=timestamp(self._now()),
        )
        self._table.transact([Insert(restock), stock_change(stock, available, quantity)])
        return available

    def _keep(self, order_ids: list[str], key: str) -> list[str]:
        """Keep whom a restock names; return whom it names, which is what was kept first."""
        pieces = _pack(order_ids)
        if len(pieces) > _PIECES:
            # Over 9,000 orders: not kept, and a repeat looks at the line again.
            return order_ids
        told = row(notified_key(key), restockedAt=timestamp(self._now()), **pieces)
        if self._table.insert(told) is None:
            # Another call under this key was faster; its answer is the answer.
            stored = self._table.get(WAREHOUSE, notified_key(key))
            return _unpack(stored) if stored is not None else order_ids
        return order_ids


def _pack(order_ids: list[str]) -> dict[str, bytes]:
    text = ",".join(order_ids).encode()
    pieces = [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]
    return {f"notified{number:02d}": piece for number, piece in enumerate(pieces)}


def _unpack(stored: Row) -> list[str]:
    names = sorted(name for name in stored if name.startswith("notified"))
    text = b"".join(bytes(stored[name]) for name in names).decode()
    return text.split(",") if text else []
