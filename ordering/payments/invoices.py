"""InvoiceData, derived from the stored payment and nothing else."""

from collections.abc import Mapping
from typing import Any

from ordering.stock.rows import load


def invoice(payment: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the invoice of a row of `payments`; money in minor units of the currency."""
    order_id = str(payment["PartitionKey"])
    return {
        "invoiceId": f"INV-{order_id}",
        "orderId": order_id,
        "customerId": str(payment["customerId"]),
        "lines": [
            {
                "sku": line.sku,
                "description": line.description,
                "quantity": line.quantity,
                "unitPrice": line.unitPrice,
                "amount": line.amount,
            }
            for line in load(str(payment["lines"]))
        ],
        "currency": str(payment["currency"]),
        "total": int(payment["total"]),
        "paymentReference": str(payment["paymentReference"]),
        "issuedAt": str(payment["chargedAt"]),
    }
