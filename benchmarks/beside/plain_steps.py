"""The order on DBOS at its fastest: stock and payment are plain steps that may run twice.

Each is one short transaction of its own, READ COMMITTED, that a repeat finds done.
"""

from __future__ import annotations

import json
import os
from typing import Any

import sqlalchemy as sa
from dbos import DBOS

from benchmarks.beside.tables import DECLINED, Order, invoice, lines_of

engine = sa.create_engine(os.environ["DATABASE_URL"], pool_size=20, max_overflow=20)

RESERVE = sa.text("""
    UPDATE stock SET available = available - wanted.quantity
    FROM unnest(CAST(:skus AS text[]), CAST(:quantities AS bigint[])) AS wanted (sku, quantity)
    WHERE stock.sku = wanted.sku AND available >= wanted.quantity
    RETURNING stock.sku, description, unit_price, currency
""")
HOLD = sa.text("""
    INSERT INTO orders VALUES (:order_id, :customer_id, 'held', :currency, CAST(:lines AS jsonb))
    ON CONFLICT DO NOTHING
""")
HELD = sa.text("SELECT currency, lines FROM orders WHERE order_id = :order_id")
RELEASE = sa.text("""
    UPDATE orders SET state = 'released' WHERE order_id = :order_id AND state = 'held'
""")
GIVE_BACK = sa.text("UPDATE stock SET available = available + :quantity WHERE sku = :sku")
PAY = sa.text("""
    INSERT INTO payments VALUES (:order_id, :status, :reference, :amount, :currency)
    ON CONFLICT DO NOTHING RETURNING status, reference, amount, charged_at
""")
PAID = sa.text("""
    SELECT status, reference, amount, charged_at FROM payments WHERE order_id = :order_id
""")


@DBOS.step()
def reserve(order: Order) -> dict[str, Any] | None:
    """Take the stock of all lines or of none; answer what the order holds, if it does."""
    # In one order everywhere: two orders that wait for each other's rows would block.
    items = sorted(order["items"], key=lambda item: item["sku"])
    wanted = {
        "skus": [item["sku"] for item in items],
        "quantities": [item["quantity"] for item in items],
    }
    with engine.connect() as connection:
        taken = connection.execute(RESERVE, wanted).all()
        if len(taken) == len(items):
            held = {"currency": taken[0].currency, "lines": lines_of(order["items"], taken)}
            row = {
                "order_id": order["orderId"],
                "customer_id": order["customerId"],
                "currency": held["currency"],
                "lines": json.dumps(held["lines"]),
            }
            if connection.execute(HOLD, row).rowcount:
                connection.commit()
                return held
        connection.rollback()
        found = connection.execute(HELD, {"order_id": order["orderId"]}).first()
    return None if found is None else {"currency": found.currency, "lines": found.lines}


@DBOS.step()
def pay(order: Order, held: dict[str, Any]) -> dict[str, Any] | None:
    """Charge an order once; answer its invoice, or nothing if its card is declined."""
    if order["paymentMethod"] == DECLINED:
        return None
    payment = {
        "order_id": order["orderId"],
        "status": "charged",
        "reference": f"ledger-{order['orderId']}",
        "amount": sum(line["amount"] for line in held["lines"]),
        "currency": held["currency"],
    }
    with engine.begin() as connection:
        row = connection.execute(PAY, payment).first()
        if row is None:
            row = connection.execute(PAID, {"order_id": order["orderId"]}).one()
    return invoice(order, held, row)


@DBOS.step()
def release(order: Order) -> None:
    """Give back what an order holds, once."""
    with engine.begin() as connection:
        if connection.execute(RELEASE, {"order_id": order["orderId"]}).rowcount:
            connection.execute(GIVE_BACK, order["items"])


@DBOS.workflow()
def place_order(order: Order) -> dict[str, Any]:
    """Reserve or wait, pay, and end with an invoice or with the stock given back."""
    attempt = 1
    while (held := reserve(order)) is None:
        DBOS.set_event("status", {"stage": "AwaitingProceed", "attempt": attempt})
        if DBOS.recv("events", timeout_seconds=86_400) == "Cancel":
            return {"orderId": order["orderId"], "stage": "Cancelled"}
        attempt += 1
    paid = pay(order, held)
    if paid is None:
        release(order)
        return {"orderId": order["orderId"], "stage": "PaymentDeclined"}
    invoiced: dict[str, Any] = paid
    return invoiced
