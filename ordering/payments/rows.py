"""The table `payments`: one row for each order, in a partition of its own."""

from __future__ import annotations

from typing import Any

from azure.core import MatchConditions
from azure.data.tables import TableEntity, UpdateMode

from ordering.payments.payment import Payment
from ordering.stock.rows import dump, integer, load, number
from ordering.storage.tables import Changed, Row, Table

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
        return self._table.insert(
            _row(
                payment.order_id,
                payment.state,
                payment.since,
                customerId=payment.customer_id,
                currency=payment.currency,
                total=integer(payment.total),
                lines=dump(payment.lines),
                paymentReference=payment.reference,
            )
        )

    def change(self, payment: Payment, state: str, since: str) -> bool:
        """Move a payment to another state; return False if it is not as it was found."""
        row = _row(payment.order_id, state, since)
        guard = {
            "mode": UpdateMode.MERGE,
            "etag": payment.etag,
            "match_condition": MatchConditions.IfNotModified,
        }
        try:
            self._table.transact([("update", row, guard)])
        except Changed:
            return False
        return True


def _row(order_id: str, state: str, since: str, **properties: Any) -> TableEntity:
    # As chargedAt, refundedAt and so on, so that a row keeps its whole story.
    times = {f"{state}At": since}
    return TableEntity(PartitionKey=order_id, RowKey=ROW, state=state, **times, **properties)


def _payment(row: Row) -> Payment:
    state = str(row["state"])
    return Payment(
        order_id=str(row["PartitionKey"]),
        state=state,
        since=str(row.get(f"{state}At", "")),
        customer_id=str(row.get("customerId", "")),
        currency=str(row.get("currency", "")),
        total=number(row, "total"),
        lines=load(str(row.get("lines") or "[]")),
        reference=str(row.get("paymentReference", "")),
        etag=str(row.metadata["etag"]),
    )
