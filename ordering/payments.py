"""Charging an order at most once, and paying back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from azure.data.tables import TableEntity, UpdateMode

from ordering.backoff import Backoff
from ordering.clock import timestamp, utc_now
from ordering.contracts import OrderRequest
from ordering.errors import NotReserved
from ordering.gateways import Charge, Declined, Gateway
from ordering.inventory import Inventory
from ordering.inventory_rows import HELD, Reservation, dump, integer, number
from ordering.invoices import invoice
from ordering.tables import Changed, Table, unchanged

TABLE = "payments"
ROW = "payment"
CHARGED = "charged"
REFUNDED = "refunded"
VOIDED = "voided"

Outcome = dict[str, Any]


class Payments:
    """The payments of orders, one row for each. Safe to share between threads.

    Every method raises StorageUnavailable.
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
        reserved = self._inventory.reservation(order_id)
        if reserved is None or reserved.state != HELD:
            raise NotReserved(f"Order {order_id} holds no stock, so it is not charged.")
        answer = self._gateway.charge(
            Charge(
                order_id,
                order.customer_id,
                order.payment_method,
                reserved.total,
                reserved.currency,
            )
        )
        if isinstance(answer, Declined):
            return _declined(answer.code, answer.message)
        payment = self._charged(order, reserved, answer.reference)
        if self._table.insert(payment):
            return _charged(payment)
        stored = self._table.get(order_id, ROW)
        if stored is not None and stored["state"] == CHARGED:
            return _charged(stored)
        return _declined("order_closed", "The order was cancelled before it was charged.")

    def refund(self, order_id: str) -> int:
        """Pay back what an order was charged, once; answers the amount in minor units.

        An order that was not charged is marked, so that a charge which is still under way takes
        nothing after this. A repeat changes nothing and answers the same.
        """
        for _ in Backoff().attempts(f"Refunding order {order_id}"):
            stored = self._table.get(order_id, ROW)
            if stored is None:
                if self._table.insert(_row(order_id, state=VOIDED, voidedAt=self._time())):
                    return 0
                continue
            total = number(stored, "total")
            if stored["state"] != CHARGED:
                return total
            self._gateway.refund(order_id, str(stored["paymentReference"]), total)
            refunded = _row(order_id, state=REFUNDED, refundedAt=self._time())
            try:
                merge = {"mode": UpdateMode.MERGE, **unchanged(stored)}
                self._table.transact([("update", refunded, merge)])
            except Changed:
                continue
            return total
        raise AssertionError("unreachable")

    def _charged(self, order: OrderRequest, reserved: Reservation, reference: str) -> TableEntity:
        return _row(
            str(order.order_id),
            state=CHARGED,
            customerId=order.customer_id,
            currency=reserved.currency,
            total=integer(reserved.total),
            lines=dump(reserved.lines),
            paymentReference=reference,
            chargedAt=self._time(),
        )

    def _time(self) -> str:
        return timestamp(self._now())


def _row(order_id: str, **properties: Any) -> TableEntity:
    return TableEntity(PartitionKey=order_id, RowKey=ROW, **properties)


def _charged(payment: TableEntity) -> Outcome:
    return {"status": "charged", "invoice": invoice(payment)}


def _declined(code: str, message: str) -> Outcome:
    return {"status": "declined", "code": code, "message": message}
