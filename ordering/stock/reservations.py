"""Reserving stock for orders, and giving it back: one transaction each, proved by the rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from ordering.clock import utc_now
from ordering.model import OrderRequest
from ordering.retrying import retry
from ordering.stock.changes import give_back, reopen, tombstone
from ordering.stock.plan import Check, Plan
from ordering.stock.rows import (
    HELD,
    RELEASED,
    WAITING,
    WAREHOUSE,
    Reservation,
    id_of,
    order_key,
    reservation,
    skus_of,
    stock_key,
)
from ordering.stock.seen_rows import SeenRows
from ordering.stock.turns import Turns
from ordering.storage.tables import Changed, Row, Table
from ordering.storage.transactions import Delete, Operation

# Reserved and not paid for yet; up to 32 KB each.
_MOST_HELD = 1_000


@dataclass(frozen=True)
class Released:
    """What an order gave back: whether it ever held stock, and the SKUs it held or waited for."""

    held: bool
    skus: Sequence[str]


class Inventory:
    """The stock of the warehouse, and what orders hold of it. Safe to share between threads.

    Every method raises StorageUnavailable, and Contention when other orders kept changing the
    same rows for too long; nothing is changed then.
    """

    def __init__(
        self,
        table: Table,
        now: Callable[[], datetime] = utc_now,
        turns: Turns[Check] | None = None,
        seen: SeenRows | None = None,
    ) -> None:
        self._table = table
        self._now = now
        self._turns = turns or Turns[Check]()
        self._seen = seen or SeenRows()
        self._held = SeenRows(_MOST_HELD)

    def check_and_reserve(self, order: OrderRequest) -> bool:
        """Reserve all lines of an order or none; tell whether the order holds its stock.

        A repeat changes nothing and answers the same; an order that was released gets no stock
        again. An order that comes up short is put in line. A SKU that is not in the catalogue
        counts as out of stock. Raises MixedCurrencies.
        """
        return bool(self.check(order).answer)

    def check(self, order: OrderRequest) -> Check:
        """Do the same; the check that is returned also tells of an order that has ended."""
        check = Check(order)
        seen = self._seen.get([order_key(check.order_id)])
        check.stored = seen.get(order_key(check.order_id))
        self._turns.together(check, check.needs, self._answer_all)
        if check.refused is not None:
            raise check.refused
        return check

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

    def release(self, order_id: str, stage: str | None = None) -> Released:
        """Give back what an order holds, once, and take it out of the lines it waits in.

        Marks the order as released, so that a check which is still under way reserves nothing
        after this. A repeat changes nothing and answers the same. `stage` is the decision that
        ended the order, if one did: it is found among those orders from then on.
        """
        self._held.forget([order_key(order_id)])
        what = f"Releasing the stock of order {order_id}"
        return retry(what, lambda: self._try_to_release(order_id, stage), on=Changed)

    def _answer_all(self, checks: Sequence[Check]) -> None:
        what = f"Reserving stock for {', '.join(check.order_id for check in checks[:3])}"
        failures = count()

        def attempt() -> None:
            again = next(failures) > 0
            while unanswered := [check for check in checks if not check.is_answered]:
                self._answer_some(unanswered, again)

        retry(what, attempt, on=Changed)

    def _answer_some(self, checks: Sequence[Check], again: bool) -> None:
        plan = Plan(self._stock_for(checks), self._now())
        for check in checks:
            if not plan.add(check):
                break
        self._doubt_refusals([check for check in checks if check.refused is not None])
        if plan.operations:
            self._write(plan, again)
        self._look_up(plan.in_vain)

    def _write(self, plan: Plan, again: bool) -> None:
        operations = plan.operations
        try:
            etags = self._table.transact(operations)
        except Changed as changed:
            refused_by = plan.refuses(changed.index)
            if isinstance(refused_by, Check) and not again:
                self._look_up([refused_by], first=True)
            elif isinstance(refused_by, Check):
                # One after the other, each with its pause, a group of 33 would take seconds.
                self._look_up([check for check, _ in plan.outcomes], first=True)
            elif isinstance(refused_by, str) and not again:
                self._seen.forget([stock_key(refused_by)])
            else:
                self._seen.forget(map(stock_key, plan.stock))
                self._look_up([check for check, _ in plan.outcomes], first=True)
            raise
        self._remember(operations, etags, plan.stock)
        for check, answer in plan.outcomes:
            check.answer = answer

    def _doubt_refusals(self, checks: Sequence[Check]) -> None:
        """Take a refusal back for an order that was here before its SKU changed its currency."""
        self._look_up(checks, first=True)
        for check in checks:
            if check.answer is not None:
                check.refused = None

    def _look_up(self, checks: Sequence[Check], first: bool = False) -> None:
        """See what became of orders; with `first`, those that wait may try for their stock.

        Those that hold theirs are repeats, perhaps of an order that was started again after its
        end: the sweep looks at them once more.
        """
        rows = self._table.get_many(WAREHOUSE, [order_key(check.order_id) for check in checks])
        held = [found for found in rows.values() if found["state"] == HELD]
        if held:
            self._table.transact([operation for found in held for operation in reopen(found)])
        for check in checks:
            key = order_key(check.order_id)
            check.stored = rows.get(key)
            if check.stored is None or check.stored["state"] != WAITING:
                self._seen.forget([key])
            if check.stored is None:
                continue
            if check.stored["state"] != WAITING:
                check.answer = check.stored["state"] == HELD
                check.has_ended = not check.answer
            elif not first:
                check.answer = False

    def _stock_for(self, checks: Sequence[Check]) -> dict[str, Row]:
        """Return the SKUs that the checks need: as last seen, or read where that will not do."""
        skus = {sku for check in checks for sku in check.needs}
        stock = _by_sku(self._seen.get(map(stock_key, skus)))
        doubtful = {sku for check in checks for sku in _doubtful(check, stock)}
        if doubtful:
            keys = [stock_key(sku) for sku in sorted(doubtful)]
            read = self._table.get_many(WAREHOUSE, keys)
            self._seen.forget(keys)
            self._seen.put(read)
            stock = {sku: row for sku, row in stock.items() if sku not in doubtful}
            stock |= _by_sku(read)
        return stock

    def _try_to_release(self, order_id: str, stage: str | None) -> Released:
        stored = self._table.get(WAREHOUSE, order_key(order_id))
        if stored is None:
            self._table.transact(tombstone(order_id, self._now(), stage))
            return Released(held=False, skus=())
        if stored["state"] != RELEASED:
            self._give_back(stored, stage)
        return Released(bool(reservation(stored).lines), skus_of(stored))

    def _give_back(self, stored: Row, stage: str | None) -> None:
        skus = [line.sku for line in reservation(stored).lines]
        key = str(stored["RowKey"])
        self._seen.forget([key])
        with self._turns.at(skus):
            keys = list(map(stock_key, skus))
            self._seen.forget(keys)
            stock = _by_sku(self._table.get_many(WAREHOUSE, keys))
            operations = give_back(stored, stock, self._now(), stage)
            etags = self._table.transact(operations)
            self._remember(operations, etags, stock)

    def _remember(
        self, operations: Sequence[Operation], etags: Sequence[str | None], stock: Mapping[str, Row]
    ) -> None:
        """Cache the rows as a transaction has left them."""
        known = {str(row["RowKey"]): row for row in stock.values()}
        for operation, etag in zip(operations, etags, strict=True):
            key = str(operation.row["RowKey"])
            if etag is None or isinstance(operation, Delete):
                continue
            written = Row({**known.get(key, {}), **operation.row}, etag)
            if key.startswith(stock_key("")):
                self._seen.put({key: written})
            elif key.startswith(order_key("")) and written["state"] == WAITING:
                self._seen.put({key: written})
            elif key.startswith(order_key("")) and written["state"] == HELD:
                self._seen.forget([key])
                self._held.put({key: written})


def _by_sku(rows: Mapping[str, Row]) -> dict[str, Row]:
    return {id_of(row): row for row in rows.values()}


def _doubtful(check: Check, stock: Mapping[str, Row]) -> list[str]:
    """Return the SKUs that are to be read before a check is answered.

    Those that were never seen; for an order that waits, those that it came up short of, since
    nothing that is written proves it; and all of them if they seem to mix currencies.
    """
    known = [sku for sku in check.needs if sku in stock]
    if len({str(stock[sku]["currency"]) for sku in known}) > 1:
        return list(check.needs)
    doubtful = [sku for sku in check.needs if sku not in stock]
    if check.stored is not None:
        doubtful += check.short({sku: int(stock[sku]["available"]) for sku in known})
    return list(dict.fromkeys(doubtful))
