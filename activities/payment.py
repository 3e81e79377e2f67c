"""Activities on money. Both are safe to repeat: Durable Functions runs them at least once.

Their annotations are bare: the SDK and some workers trip over `dict[str, Any]` there
(durable-python#572).
"""

import azure.durable_functions as df

from ordering.model import parse_order
from ordering.shop import shop

bp = df.Blueprint()


@bp.function_name(name="ProcessPayment")
@bp.activity_trigger(input_name="order")
def process_payment(order: dict) -> dict:  # type: ignore[type-arg]
    """Charge an order for what it holds.

    Answers `{"status": "charged", "invoice"}` or `{"status": "declined", "code", "message"}`.
    """
    return shop().payments.pay(parse_order(order))


@bp.function_name(name="RefundPayment")
@bp.activity_trigger(input_name="order")
def refund_payment(order: dict) -> dict:  # type: ignore[type-arg]
    """Pay back what `{"orderId"}` was charged; answers `{"refunded": amount}`, minor units."""
    return {"refunded": shop().payments.refund(str(order["orderId"]))}
