"""A bug for chaos to notice: a payment that does not look whether the order was charged."""

from typing import Any

from ordering.model import OrderRequest
from ordering.payments.gateway import Charge, Declined
from ordering.payments.payment import CHARGED, OPEN, declined
from ordering.payments.payments import Payments


def pay(self: Any, order: OrderRequest) -> dict[str, Any]:
    order_id = str(order.order_id)
    held = self._reservation_of(order_id)
    customer, method = order.customer_id, order.payment_method
    charge = Charge(order_id, customer, method, held.total, held.currency)
    opened = self._gateway.open(charge)
    refusal = opened if isinstance(opened, Declined) else None
    refusal = refusal or self._gateway.take(order_id, opened.reference)
    if refusal is not None:
        return declined(refusal)
    if self._rows.find(order_id) is None:
        self._record(charge, held, opened)
    return self._move(order_id, {OPEN: CHARGED}, "recording").outcome()


Payments.pay = pay
