"""What one transaction changes for orders that are checked together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ordering.clock import timestamp
from ordering.errors import MixedCurrencies
from ordering.model import OrderRequest
from ordering.stock.changes import leave_lines, stock_change
from ordering.stock.rows import (
    HELD,
    WAITING,
    Line,
    dump,
    dump_needs,
    first_lines,
    line_key,
    open_key,
    order_key,
    row,
    waiting_since,
)
from ordering.storage.tables import Row
from ordering.storage.transactions import (
    MOST_OPERATIONS,
    Insert,
    Merge,
    Operation,
    Upsert,
)

Stock = Mapping[str, Row]


@dataclass(eq=False)
class Check:
    """An order that asks for its stock, what is known of it, and what it is told in the end.

    `stored` is its row as it was last seen, None as long as none was. `has_ended` is for one that
    was released: it is answered False, and no stock that comes in will change that. `missing` says
    how many pieces of which SKU it is short of.
    """

    order: OrderRequest
    stored: Row | None = None
    answer: bool | None = None
    refused: MixedCurrencies | None = None
    has_ended: bool = False
    missing: dict[str, int] = field(default_factory=dict)

    @property
    def order_id(self) -> str:
        return str(self.order.order_id)

    @property
    def needs(self) -> dict[str, int]:
        return {item.sku: item.quantity for item in self.order.items}

    @property
    def is_answered(self) -> bool:
        return self.answer is not None or self.refused is not None

    def short(self, left: Mapping[str, int]) -> list[str]:
        """Return the SKUs of which too little is left; one that is unknown has none."""
        return [sku for sku, quantity in self.needs.items() if left.get(sku, 0) < quantity]


@dataclass
class Plan:
    """One transaction for several checks, on stock as it was read or last seen.

    Each order gets all of its lines or none, in the order in which they were added. The ETags of
    the SKUs prove that they were as seen; the row of an order can be created once only, whatever
    the outcome, which proves that the order was not here before.
    """

    stock: Stock
    now: datetime
    outcomes: list[tuple[Check, bool]] = field(default_factory=list)
    in_vain: list[Check] = field(default_factory=list)
    _left: dict[str, int] = field(init=False)
    _changed: set[str] = field(default_factory=set)
    _orders: list[tuple[Operation, Check]] = field(default_factory=list)
    _others: list[Operation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._left = {sku: int(found["available"]) for sku, found in self.stock.items()}

    def add(self, check: Check) -> bool:
        """Take a check in; False if the transaction is full or has this order already."""
        if any(check.order_id == other.order_id for _, other in self._orders):
            return False
        currencies = {str(self.stock[sku]["currency"]) for sku in check.needs if sku in self.stock}
        if len(currencies) > 1:
            check.refused = MixedCurrencies(
                f"Order {check.order_id} mixes the currencies {', '.join(sorted(currencies))}. "
                "Place one order for each currency."
            )
            return True
        short = check.short(self._left)
        check.missing = {sku: check.needs[sku] - self._left.get(sku, 0) for sku in short}
        if short and check.stored is not None:
            # It stands in line already: nothing to write.
            self.in_vain.append(check)
            return True
        change, others = self._wait(check, short) if short else self._hold(check)
        touched = self._touch(short) if short else set(check.needs)
        if not self._has_room(1 + len(others) + len(touched - self._changed)):
            return False
        if not short:
            for sku, quantity in check.needs.items():
                self._left[sku] -= quantity
        self._changed |= touched
        self._orders.append((change, check))
        self._others += others
        self.outcomes.append((check, not short))
        return True

    @property
    def operations(self) -> list[Operation]:
        """The rows of the orders first, so that a repeat is told as one; then the stock."""
        return [*(change for change, _ in self._orders), *self._stock_changes(), *self._others]

    def refuses(self, index: int | None) -> Check | str | None:
        """Return the check or the SKU that an operation belongs to, None if neither."""
        if index is None or index >= len(self._orders) + len(self._changed):
            return None
        if index < len(self._orders):
            return self._orders[index][1]
        return sorted(self._changed)[index - len(self._orders)]

    def _has_room(self, more: int) -> bool:
        used = len(self._orders) + len(self._changed) + len(self._others)
        return used + more <= MOST_OPERATIONS

    def _stock_changes(self) -> list[Operation]:
        return [stock_change(self.stock[sku], self._left[sku]) for sku in sorted(self._changed)]

    def _touch(self, short: list[str]) -> set[str]:
        """Return a SKU whose row is written unchanged, so that this fails if it was restocked.

        One is enough: the order cannot be served before that one comes in, and whoever brings it
        looks at the line afterwards, and finds the order there.
        """
        return set([sku for sku in short if sku in self.stock][:1])

    def _hold(self, check: Check) -> tuple[Operation, list[Operation]]:
        lines = [
            Line(sku, str(found["description"]), quantity, int(found["unitPrice"]))
            for sku, quantity in check.needs.items()
            for found in [self.stock[sku]]
        ]
        currency = str(self.stock[lines[0].sku]["currency"])
        held = row(
            order_key(check.order_id),
            state=HELD,
            currency=currency,
            lines=dump(lines),
            reservedAt=timestamp(self.now),
        )
        if check.stored is None:
            return Insert(held), [_open(check, self.now)]
        return Merge(held, check.stored.etag), leave_lines(check.stored)

    def _wait(self, check: Check, short: list[str]) -> tuple[Operation, list[Operation]]:
        since, needs = waiting_since(self.now), dump_needs(check.needs)
        queued = first_lines(list(check.needs), short)
        waiting = row(
            order_key(check.order_id),
            state=WAITING,
            currency="",
            lines=dump([]),
            needs=needs,
            since=since,
        )
        if len(queued) < len(check.needs):
            waiting["queued"] = json.dumps(queued)
        in_lines = [
            Insert(row(line_key(sku, since, check.order_id), needs=needs)) for sku in queued
        ]
        return Insert(waiting), [_open(check, self.now), *in_lines]


def _open(check: Check, now: datetime) -> Operation:
    return Upsert(row(open_key(check.order_id), since=timestamp(now)))
