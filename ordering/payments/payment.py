"""The payment of an order: its states, and the answers and the invoice that it yields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ordering.payments.gateway import Declined
from ordering.stock.rows import Line

OPEN = "open"
CHARGED = "charged"
CLOSING = "closing"
REFUNDED = "refunded"
VOIDED = "voided"


@dataclass(frozen=True)
class Payment:
    """A payment as it is recorded, at most one for each order.

        none -> open or charged or voided      open -> charged or closing
        charged -> closing                     closing -> refunded or voided

    `open`: the gateway may have taken the money of `reference`. `charged`: it has, and the order
    has its invoice. `closing`: it is decided that no money is kept, and nothing is charged after
    this; the gateway may not have done it yet. `refunded`: the money went back. `voided`: none
    was taken. `since` is when the state began, `etag` tells whether the row is still the same.
    """

    order_id: str
    state: str
    since: str
    customer_id: str = ""
    currency: str = ""
    total: int = 0
    lines: tuple[Line, ...] = ()
    reference: str = ""
    etag: str = ""

    @property
    def refunded(self) -> int:
        """What went back to the customer, in minor units."""
        return self.total if self.state == REFUNDED else 0

    def outcome(self) -> dict[str, Any]:
        """Return what paying answers, by the state alone; the payment is not open."""
        if self.state == CHARGED:
            return {"status": "charged", "invoice": self.invoice()}
        return closed()

    def invoice(self) -> dict[str, Any]:
        """Return the InvoiceData of a charged payment; money in minor units of the currency."""
        return {
            "invoiceId": f"INV-{self.order_id}",
            "orderId": self.order_id,
            "customerId": self.customer_id,
            "lines": [
                {
                    "sku": line.sku,
                    "description": line.description,
                    "quantity": line.quantity,
                    "unitPrice": line.unitPrice,
                    "amount": line.amount,
                }
                for line in self.lines
            ],
            "currency": self.currency,
            "total": self.total,
            "paymentReference": self.reference,
            "issuedAt": self.since,
        }


def declined(refusal: Declined) -> dict[str, Any]:
    """Return what paying answers when the customer cannot pay."""
    return {"status": "declined", "code": refusal.code, "message": refusal.message}


def closed() -> dict[str, Any]:
    """Return what paying answers when nothing is charged any more."""
    return declined(Declined("order_closed", "The order was cancelled before it was charged."))
