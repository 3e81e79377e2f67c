"""Charging an order at most once, and paying back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ordering.backoff import Backoff
from ordering.clock import timestamp, utc_now
from ordering.errors import NotReserved, OrderClosed, StorageUnavailable
from ordering.model import OrderRequest
from ordering.payments.gateway import Charge, Declined, Gateway
from ordering.payments.invoices import invoice
from ordering.stock.reservations import Inventory
from ordering.stock.rows import HELD, Reservation, dump
from ordering.storage.tables import Changed, Row, Table
from ordering.storage.transactions import Merge, Replace

TABLE = "payments"
ROW = "payment"
OPEN = "open"
CHARGED = "charged"
REFUNDED = "refunded"
VOIDED = "voided"

Outcome = dict[str, Any]


class Payments:
    """The payments of orders, one row for each. Safe to share between threads.

    A row is `open` (a gateway has begun and may have taken the money), `charged`, `refunded` or
    `voided` (nothing was or will be taken). Every method raises StorageUnavailable and
    GatewayUnavailable.
    """

    def __init__(
        self,
        table: Table,
        inventory: Inventory,
        gateway: Gateway,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._table = table
        self._inventory = inventory
        self._gateway = gateway
        self._now = now

    def pay(self, order: OrderRequest) -> Outcome:
        """Charge an order for what it holds, at the price of its reservation.

        Answers `{"status": "charged", "invoice"}`, the same for every repeat, or `{"status":
        "declined", "code", "message"}`; an order that was refunded or voided is declined. Raises
        NotReserved if the order holds no stock.
        """
        order_id = str(order.order_id)
        # As it was reserved: an order that is released gets a row here first, or is refunded.
        reserved = self._inventory.take_reservation(order_id)
        if reserved is None or reserved.state != HELD:
            raise NotReserved(f"Order {order_id} holds no stock, so it is not charged.")
        charge = Charge(
            order_id, order.customer_id, order.payment_method, reserved.total, reserved.currency
        )
        record = PaymentRecord(self._table, charge)
        try:
            answer = self._gateway.charge(charge, record)
        except OrderClosed:
            return _closed()
        if isinstance(answer, Declined):
            return _declined(answer.code, answer.message)
        return self._settle(self._charged(order, reserved, answer.reference), record.was_used)

    def is_charged(self, order_id: str) -> bool:
        """Tell whether an order was charged and the money is kept."""
        stored = self._table.get(order_id, ROW)
        return stored is not None and stored["state"] == CHARGED

    def refund(self, order_id: str) -> int:
        """Pay back what an order was charged, once; answers the amount in minor units.

        An order that was not charged is marked, so that a charge which is still under way takes
        nothing after this. A repeat changes nothing and answers the same.
        """
        for _ in Backoff().attempts(f"Refunding order {order_id}"):
            stored = self._table.get(order_id, ROW)
            if stored is None:
                voided = _row(order_id, state=VOIDED, voidedAt=self._time())
                if self._table.insert(voided) is not None:
                    return 0
                continue
            state, total = stored["state"], int(stored.get("total", 0))
            if state in (REFUNDED, VOIDED):
                return total if state == REFUNDED else 0
            reference = str(stored["paymentReference"])
            if state == OPEN:
                refunded = self._gateway.void(order_id, reference, total)
            else:
                self._gateway.refund(order_id, reference, total)
                refunded = total
            end = {"state": REFUNDED, "refundedAt": self._time()}
            if state == OPEN and not refunded:
                end = {"state": VOIDED, "voidedAt": self._time()}
            if self._change(Merge(_row(order_id, **end), stored.etag)):
                return refunded
        raise AssertionError("unreachable")

    def _settle(self, payment: Row, is_open: bool) -> Outcome:
        if not is_open and self._table.insert(payment) is not None:
            return _charged(payment)
        order_id = str(payment["PartitionKey"])
        for _ in Backoff().attempts(f"Writing down the charge of order {order_id}"):
            stored = self._table.get(order_id, ROW)
            if stored is None:
                raise StorageUnavailable(f"The payment of order {order_id} disappeared.")
            if stored["state"] == CHARGED:
                return _charged(stored)
            if stored["state"] != OPEN:
                return _closed()
            if self._change(Replace(payment, stored.etag)):
                return _charged(payment)
        raise AssertionError("unreachable")

    def _change(self, change: Merge | Replace) -> bool:
        try:
            self._table.transact([change])
        except Changed:
            return False
        return True

    def _charged(self, order: OrderRequest, reserved: Reservation, reference: str) -> Row:
        return _row(
            str(order.order_id),
            state=CHARGED,
            customerId=order.customer_id,
            currency=reserved.currency,
            total=reserved.total,
            lines=dump(reserved.lines),
            paymentReference=reference,
            chargedAt=self._time(),
        )

    def _time(self) -> str:
        return timestamp(self._now())


class PaymentRecord:
    """The row of a payment that a gateway has opened and not yet taken."""

    def __init__(self, table: Table, charge: Charge) -> None:
        self._table = table
        self._charge = charge
        self.was_used = False

    def find(self) -> str | None:
        """Return the reference of the row; raises OrderClosed when the order is."""
        stored = self._table.get(self._charge.order_id, ROW)
        if stored is None:
            return None
        if stored["state"] in (REFUNDED, VOIDED):
            raise OrderClosed(f"Order {self._charge.order_id} is not charged any more.")
        self.was_used = True
        return str(stored["paymentReference"])

    def write(self, reference: str) -> str:
        """Add the row, unless there is one; returns the reference of the one that is there."""
        opened = _row(
            self._charge.order_id,
            state=OPEN,
            customerId=self._charge.customer_id,
            currency=self._charge.currency,
            total=self._charge.amount,
            paymentReference=reference,
        )
        if self._table.insert(opened) is None:
            return self.find() or reference
        self.was_used = True
        return reference


def _row(order_id: str, **properties: Any) -> Row:
    return Row({"PartitionKey": order_id, "RowKey": ROW, **properties})


def _charged(payment: Row) -> Outcome:
    return {"status": "charged", "invoice": invoice(payment)}


def _declined(code: str, message: str) -> Outcome:
    return {"status": "declined", "code": code, "message": message}


def _closed() -> Outcome:
    return _declined("order_closed", "The order was cancelled before it was charged.")
