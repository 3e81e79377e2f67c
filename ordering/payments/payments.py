"""Charging an order at most once, and paying back: every decision is one write of its row."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from ordering.clock import timestamp, utc_now
from ordering.errors import GatewayUnavailable, NotReserved, OrderClosed, StorageUnavailable
from ordering.model import OrderRequest
from ordering.payments.gateway import Charge, Declined, Gateway, Opened
from ordering.payments.payment import (
    CHARGED,
    CLOSING,
    OPEN,
    REFUNDED,
    VOIDED,
    Payment,
    closed,
    declined,
)
from ordering.payments.rows import PaymentRows
from ordering.retrying import retry
from ordering.stock.rows import HELD, Reservation


class _Moved(Exception):
    """The payment is not as it was found: look again."""


class Payments:
    """The payments of orders. Safe to share between threads and processes.

    The row decides, then the gateway acts: money is taken only by the payment that is recorded as
    open, and given back only after the row says `closing`. So it does not matter where a process
    ends, which answers get lost, or how often anything is repeated. Every method raises
    StorageUnavailable.
    """

    def __init__(
        self,
        rows: PaymentRows,
        reservation_of: Callable[[str], Reservation | None],
        gateway: Gateway,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._rows = rows
        self._reservation_of = reservation_of
        self._gateway = gateway
        self._now = now

    def pay(self, order: OrderRequest) -> dict[str, Any]:
        """Charge an order for what it holds, at the price of its reservation.

        Answers `{"status": "charged", "invoice"}`, the same for every repeat, or `{"status":
        "declined", "code", "message"}`; an order that was refunded or voided is declined as
        `order_closed`. Raises NotReserved if the order holds no stock and was not charged before,
        and GatewayUnavailable.
        """
        order_id = str(order.order_id)
        reserved = self._reservation_of(order_id)
        if reserved is None or reserved.state != HELD:
            return self._repeat(order_id)
        payment = None if self._gateway.opens_for_free else self._rows.find(order_id)
        if payment is None:
            charge = Charge(
                order_id, order.customer_id, order.payment_method, reserved.total, reserved.currency
            )
            opened = self._gateway.open(charge)
            if isinstance(opened, Declined):
                return declined(opened)
            payment = self._record(charge, reserved, opened)
        if payment.state == OPEN:
            return self._take(payment)
        return payment.outcome()

    def refund(self, order_id: str) -> int:
        """Pay back what an order was charged, once; answers the amount in minor units.

        Nothing is charged after this: an order without a payment is marked as well. A repeat
        changes nothing and answers the same. Raises GatewayUnavailable while money may be kept.
        """
        payment = self._move(
            order_id,
            {None: VOIDED, OPEN: CLOSING, CHARGED: CLOSING},
            f"Closing the payment of order {order_id}",
        )
        if payment.state != CLOSING:
            return payment.refunded
        returned = self._gateway.give_back(order_id, payment.reference, payment.total)
        end = REFUNDED if returned else VOIDED
        return self._move(order_id, {CLOSING: end}, f"Refunding order {order_id}").refunded

    def invoice_of(self, order_id: str) -> dict[str, Any] | None:
        """Return the invoice of an order that was charged and not refunded, or None."""
        payment = self._rows.find(order_id)
        return payment.invoice() if payment is not None and payment.state == CHARGED else None

    def state_of(self, order_id: str) -> str | None:
        """Return the state of an order's payment, or None if it has none."""
        payment = self._rows.find(order_id)
        return payment.state if payment is not None else None

    def is_charged(self, order_id: str) -> bool:
        """Tell whether an order was charged and the money is kept."""
        return self.state_of(order_id) == CHARGED

    def _repeat(self, order_id: str) -> dict[str, Any]:
        # The stock of an ended order is archived, but a late duplicate of its payment must not
        # fail.
        payment = self._rows.find(order_id)
        if payment is None or payment.state == OPEN:
            raise NotReserved(f"Order {order_id} holds no stock, so it is not charged.")
        return payment.outcome()

    def _record(self, charge: Charge, reserved: Reservation, opened: Opened) -> Payment:
        """Record an opened payment, or return the one that was recorded before it."""
        payment = Payment(
            order_id=charge.order_id,
            state=CHARGED if opened.taken else OPEN,
            since=timestamp(self._now()),
            customer_id=charge.customer_id,
            currency=charge.currency,
            total=charge.amount,
            lines=reserved.lines,
            reference=opened.reference,
        )
        if self._rows.insert(payment):
            return payment
        stored = self._rows.find(charge.order_id)
        if stored is None:
            raise _disappeared(charge.order_id)
        # Equal if the answer to our own insert was lost.
        if not opened.taken and stored.reference != opened.reference:
            # For tidiness: what is not recorded is never taken.
            with suppress(GatewayUnavailable):
                self._gateway.give_back(charge.order_id, opened.reference, charge.amount)
        return stored

    def _take(self, payment: Payment) -> dict[str, Any]:
        order_id = payment.order_id
        try:
            refusal = self._gateway.take(order_id, payment.reference)
        except OrderClosed:
            return closed()
        if refusal is not None:
            return declined(refusal)
        return self._move(
            order_id, {OPEN: CHARGED}, f"Recording the charge of order {order_id}"
        ).outcome()

    def _move(self, order_id: str, moves: dict[str | None, str], what: str) -> Payment:
        """Move the payment from a state to the next, if `moves` has one; return how it is then.

        The state None is that of an order without a payment.
        """

        def attempt() -> Payment:
            payment = self._rows.find(order_id)
            state = moves.get(payment.state if payment is not None else None)
            now = timestamp(self._now())
            if payment is None:
                if state is None:
                    raise _disappeared(order_id)
                payment = Payment(order_id, state, now)
                if not self._rows.insert(payment):
                    raise _Moved
                return payment
            if state is None:
                return payment
            if not self._rows.change(payment, state, now):
                raise _Moved
            return replace(payment, state=state, since=now)

        return retry(what, attempt, on=_Moved)


def _disappeared(order_id: str) -> StorageUnavailable:
    return StorageUnavailable(f"The payment of order {order_id} disappeared.")
