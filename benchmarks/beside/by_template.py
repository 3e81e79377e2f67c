"""The order on DBOS by its template: each step is a transaction of its datasource.

As its example Widget Store has them: create the order, reserve, charge, say that it is paid. A
transaction is SERIALIZABLE unless told otherwise, and its checkpoint commits with it.
"""

from __future__ import annotations

import json
import os
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, SQLAlchemyDatasource

from benchmarks.beside.tables import DECLINED, Order, invoice, lines_of

db = SQLAlchemyDatasource.create(os.environ["DATABASE_URL"])

CREATE = sa.text("INSERT INTO orders VALUES (:order_id, :customer_id, 'pending', NULL, NULL)")
TAKE = sa.text("""
    UPDATE stock SET available = available - :quantity WHERE sku = :sku AND available >= :quantity
    RETURNING sku, description, unit_price, currency
""")
GIVE_BACK = sa.text("UPDATE stock SET available = available + :quantity WHERE sku = :sku")
HOLD = sa.text("""
    UPDATE orders SET state = 'held', currency = :currency, lines = CAST(:lines AS jsonb)
    WHERE order_id = :order_id
""")
SAY = sa.text("UPDATE orders SET state = :state WHERE order_id = :order_id")
PAY = sa.text("""
    INSERT INTO payments VALUES (:order_id, 'charged', :reference, :amount, :currency)
    RETURNING reference, amount, charged_at
""")


@db.transaction
def create_order(order: Order) -> None:
    """Write the order's row."""
    row = {"order_id": order["orderId"], "customer_id": order["customerId"]}
    db.sql_session().execute(CREATE, row)


@db.transaction
def reserve_inventory(order: Order) -> dict[str, Any] | None:
    """Take the stock of all lines or of none; answer what the order holds, if it does."""
    session = db.sql_session()
    taken: list[Any] = []
    for item in sorted(order["items"], key=lambda item: item["sku"]):
        row = session.execute(TAKE, {"sku": item["sku"], "quantity": item["quantity"]}).first()
        if row is None:
            _give_back([each for each in order["items"] if each["sku"] in {t.sku for t in taken}])
            return None
        taken.append(row)
    held = {"currency": taken[0].currency, "lines": lines_of(order["items"], taken)}
    lines = json.dumps(held["lines"])
    row = {"order_id": order["orderId"], "currency": held["currency"], "lines": lines}
    session.execute(HOLD, row)
    return held


@db.transaction
def charge(order: Order, held: dict[str, Any]) -> dict[str, Any] | None:
    """Write the payment; answer the invoice, or nothing if the card is declined."""
    if order["paymentMethod"] == DECLINED:
        return None
    payment = {
        "order_id": order["orderId"],
        "reference": f"ledger-{order['orderId']}",
        "amount": sum(line["amount"] for line in held["lines"]),
        "currency": held["currency"],
    }
    return invoice(order, held, db.sql_session().execute(PAY, payment).one())


@db.transaction
def undo_reserve_inventory(order: Order) -> None:
    """Give back what the order holds."""
    _give_back(order["items"])


@db.transaction
def update_order_status(order: Order, state: str) -> None:
    """Say in the order's row how it stands."""
    db.sql_session().execute(SAY, {"order_id": order["orderId"], "state": state})


def _give_back(items: list[dict[str, Any]]) -> None:
    for item in items:
        back = {"sku": item["sku"], "quantity": item["quantity"]}
        db.sql_session().execute(GIVE_BACK, back)


@DBOS.workflow()
def place_order(order: Order) -> dict[str, Any]:
    """Reserve or wait, pay, and end with an invoice or with the stock given back."""
    create_order(order)
    attempt = 1
    while (held := reserve_inventory(order)) is None:
        DBOS.set_event("status", {"stage": "AwaitingProceed", "attempt": attempt})
        if DBOS.recv("events", timeout_seconds=86_400) == "Cancel":
            update_order_status(order, "cancelled")
            return {"orderId": order["orderId"], "stage": "Cancelled"}
        attempt += 1
    paid = charge(order, held)
    if paid is None:
        undo_reserve_inventory(order)
        update_order_status(order, "declined")
        return {"orderId": order["orderId"], "stage": "PaymentDeclined"}
    update_order_status(order, "paid")
    invoiced: dict[str, Any] = paid
    return invoiced
