"""Stock, orders that ask for it, and their rows as a plan leaves them."""

from datetime import datetime, timezone

from ordering.model import parse_order
from ordering.stock.plan import Check, Plan
from ordering.stock.rows import stock_key
from ordering.storage.tables import Row
from ordering.storage.transactions import Operation

NOW = datetime(2026, 11, 24, tzinfo=timezone.utc)


def stock(**available: int) -> dict[str, Row]:
    return {
        sku: Row(
            {
                "RowKey": stock_key(sku),
                "available": pieces,
                "currency": "USD" if sku == "DOLLARS" else "EUR",
                "unitPrice": 250,
                "description": sku,
            },
            f"etag of {sku}",
        )
        for sku, pieces in available.items()
    }


def check(order_id: str, stored: Row | None = None, **needs: int) -> Check:
    items = [{"sku": sku, "quantity": quantity} for sku, quantity in needs.items()]
    order = {"orderId": order_id, "customerId": "ada", "items": items, "paymentMethod": "card"}
    return Check(parse_order(order), stored)


def keys(operations: list[Operation]) -> list[str]:
    return [f"{type(each).__name__} {each.row['RowKey']}" for each in operations]


def outcomes(plan: Plan) -> dict[str, bool]:
    return {each.order_id: answer for each, answer in plan.outcomes}


def waiting_row(of: Check) -> Row:
    plan = Plan({}, NOW)
    assert plan.add(of)
    return Row(dict(plan.operations[0].row), "etag of the order")


def held_row(of: Check, free: dict[str, Row]) -> Row:
    plan = Plan(free, NOW)
    assert plan.add(of) and outcomes(plan) == {of.order_id: True}
    return Row(dict(plan.operations[0].row), "etag of the order")
