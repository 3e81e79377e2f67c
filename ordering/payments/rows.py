"""The table `payments`: one row for each order, in a partition of its own."""

from __future__ import annotations

from typing import Any

from ordering.payments.payment import Payment
from ordering.stock.rows import dump, load
from ordering.storage.tables import Changed, Row, Table
from ordering.storage.transactions import Merge

TABLE = "payments"
ROW = "payment"


class PaymentRows:
    """Finds, adds and changes payments. Every method raises StorageUnavailable."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, order_id: str) -> Payment | None:
        """Return the payment of an order, or None."""
        row = self._table.get(order_id, ROW)
        return _payment(row) if row is not None else None

    def insert(self, payment: Payment) -> bool:
        """Add a payment; return False if the order has one."""
        row = _row(
            payment.order_id,
            payment.state,
            payment.since,
            customerId=payment.customer_id,
            currency=payment.currency,
            total=payment.total,
            lines=dump(payment.lines),
            paymentReference=payment.reference,
        )
        return self._table.insert(row) is not None

    def change(self, payment: Payment, state: str, since: str) -> bool:
        """Move a payment to another state; return False if it is not as it was found."""
        row = _row(payment.order_id, state, since)
        try:
            self._table.transact([Merge(row, payment.etag)])
        except Changed:
            return False
        return True


def _row(order_id: str, state: str, since: str, **properties: Any) -> dict[str, Any]:
    # As chargedAt, refundedAt and so on, so that a row keeps its whole story.
    times = {f"{state}At": since}
    return {"PartitionKey": order_id, "RowKey": ROW, "state": state, **times, **properties}


def _payment(row: Row) -> Payment:
    state = str(row["state"])
    return Payment(
        order_id=str(row["PartitionKey"]),
        state=state,
        since=str(row.get(f"{state}At", "")),
        customer_id=str(row.get("customerId", "")),
        currency=str(row.get("currency", "")),
        total=int(row.get("total", 0)),
        lines=load(str(row.get("lines") or "[]")),
        reference=str(row.get("paymentReference", "")),
        etag=row.etag,
    )
