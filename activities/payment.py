"""Activities on money. Both are safe to repeat: Durable Functions runs them at least once.

Their annotations are bare: the SDK and some workers trip over `dict[str, Any]` there
(durable-python#572).
"""

import logging

import azure.durable_functions as df

from ordering.log_text import money
from ordering.model import parse_order
from ordering.shop import shop

log = logging.getLogger(__name__)
bp = df.Blueprint()


@bp.function_name(name="ProcessPayment")
@bp.activity_trigger(input_name="order")
def process_payment(order: dict) -> dict:  # type: ignore[type-arg]
    """Charge an order for what it holds.

    Answers `{"status": "charged", "invoice"}` or `{"status": "declined", "code", "message"}`.
    """
    request = parse_order(order)
    payment = shop().payments.pay(request)
    if payment["status"] == "charged":
        invoice = payment["invoice"]
        charged = money(invoice["total"], invoice["currency"])
        log.info("Order %s charged: %s", request.order_id, charged)
    return payment


@bp.function_name(name="RefundPayment")
@bp.activity_trigger(input_name="order")
def refund_payment(order: dict) -> dict:  # type: ignore[type-arg]
    """Pay back what `{"orderId"}` was charged; answers `{"refunded": amount}`, minor units."""
    order_id = str(order["orderId"])
    refunded = shop().payments.refund(order_id)
    if refunded:
        log.info("Order %s refunded: %d minor units", order_id, refunded)
    return {"refunded": refunded}
