"""The tables of the shop on Postgres, and its stock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

TABLES = """
CREATE TABLE stock (
    sku text PRIMARY KEY, description text NOT NULL, unit_price bigint NOT NULL,
    currency text NOT NULL, available bigint NOT NULL CHECK (available >= 0)
);
CREATE TABLE orders (
    order_id text PRIMARY KEY, customer_id text NOT NULL, state text NOT NULL,
    currency text, lines jsonb
);
CREATE TABLE payments (
    order_id text PRIMARY KEY, status text NOT NULL, reference text, amount bigint,
    currency text, charged_at timestamptz NOT NULL DEFAULT now()
);
"""
DECLINED = "pm_card_visa_chargeDeclined"

Order = dict[str, Any]


def fill(url: str, skus: Sequence[str], available: int) -> None:
    """Make the tables, with so many of each SKU."""
    with psycopg.connect(url) as connection:
        connection.execute(TABLES)
        row = "INSERT INTO stock VALUES (%s, 'Coffee', 1890, 'EUR', %s)"
        connection.cursor().executemany(row, [(sku, available) for sku in skus])


def lines_of(items: Sequence[dict[str, Any]], stock: Sequence[Any]) -> list[dict[str, Any]]:
    """Return an order's lines as its invoice has them, from rows of the stock."""
    priced = {row.sku: row for row in stock}
    return [
        {
            "sku": item["sku"],
            "description": priced[item["sku"]].description,
            "quantity": item["quantity"],
            "unitPrice": priced[item["sku"]].unit_price,
            "amount": item["quantity"] * priced[item["sku"]].unit_price,
        }
        for item in items
    ]


def invoice(order: Order, held: dict[str, Any], payment: Any) -> dict[str, Any]:
    """Return an order's invoice, from what it holds and the row of its payment."""
    return {
        "invoiceId": f"INV-{order['orderId']}",
        "orderId": order["orderId"],
        "customerId": order["customerId"],
        "lines": held["lines"],
        "currency": held["currency"],
        "total": payment.amount,
        "paymentReference": payment.reference,
        "issuedAt": payment.charged_at.isoformat(),
    }
