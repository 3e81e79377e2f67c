"""Orders that the shop has not seen the end of, and how their books are closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ordering.clock import timestamp, utc_now
from ordering.payments.payments import Payments
from ordering.stock.reservations import Inventory
from ordering.stock.rows import WAREHOUSE, unsettled_key
from ordering.storage.tables import Row, Table

# A host in trouble may look like one that does not know the order; see `missing`.
GONE_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class Unsettled:
    """An order that holds stock or waits for it, as far as the books know.

    `missing_since` is when the host was first found not to know it.
    """

    order_id: str
    row_key: str
    missing_since: str | None = None


class Settlement:
    """Closes the books on orders that have ended. Safe to repeat and to run many times at once.

    An order that waits for stock or holds some has a row `unsettled:<orderId>`, which only this
    class removes: the orders to look at are those few, not all that were ever placed. Every
    method raises StorageUnavailable.
    """

    def __init__(
        self,
        table: Table,
        inventory: Inventory,
        payments: Payments,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._table = table
        self._inventory = inventory
        self._payments = payments
        self._now = now

    def unsettled(self) -> Iterator[list[Unsettled]]:
        """Yield the orders to look at in pages."""
        first = unsettled_key("")
        # ';' follows ':' in the order of row keys.
        behind = first.replace(":", ";")
        rows = f"PartitionKey eq '{WAREHOUSE}' and RowKey ge '{first}' and RowKey lt '{behind}'"
        for page in self._table.pages(rows):
            yield [_unsettled(row) for row in page]

    def undo(self, order_id: str) -> tuple[int, bool]:
        """Give back what an order without an invoice was charged and holds.

        Answers the money, in minor units, and whether there was stock. Leaves tombstones, so that
        an activity which is still under way neither charges nor reserves after this.
        """
        refunded = self._payments.refund(order_id)
        released = self._inventory.release(order_id)
        self.close(order_id)
        return refunded, released

    def close(self, order_id: str) -> None:
        """Look at an order no more: it keeps what it holds."""
        self._table.delete(WAREHOUSE, unsettled_key(order_id))

    def was_charged(self, order_id: str) -> bool:
        """Tell whether the money of an order is kept."""
        return self._payments.is_charged(order_id)

    def missing(self, order: Unsettled) -> bool:
        """Note that the host does not know an order; tell whether that is so for long.

        It must have been so at a look at least GONE_AFTER ago, and not been known since: an
        order that was started just now may not show yet (durable-extension#1989), and a host
        whose own storage fails is told apart by nothing but time.
        """
        now = self._now()
        if order.missing_since is None:
            self._note(order, timestamp(now))
            return False
        return order.missing_since <= timestamp(now - GONE_AFTER)

    def known(self, order: Unsettled) -> None:
        """Note that the host knows an order."""
        if order.missing_since is not None:
            self._note(order, "")

    def _note(self, order: Unsettled, missing_since: str) -> None:
        self._table.merge(WAREHOUSE, order.row_key, {"missingSince": missing_since})


def _unsettled(row: Row) -> Unsettled:
    key = str(row["RowKey"])
    return Unsettled(key.partition(":")[2], key, str(row.get("missingSince") or "") or None)
