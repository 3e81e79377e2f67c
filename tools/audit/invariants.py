"""The five invariants of the shop, checked on its books. Pure: books in, violations out.

1. Every accepted order ends: with an invoice, or with stock released and no money kept.
2. Charges: at most one per order, equal to its invoice.
3. For every SKU: available + held by live or invoiced orders = what was stocked.
4. Every message is delivered, dropped as late with a warning, or in the poison queue.
5. Nothing that a client sends causes a 500, a stuck order, or an effect on another order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from tools.audit.books import DECISIONS, Books, Order
from tools.audit.record import Record

TITLES = {
    1: "Every accepted order ends: with an invoice, or with stock released and no money kept",
    2: "Charges: at most one per order, equal to its invoice",
    3: "For every SKU: available + held by live or invoiced orders = what was stocked",
    4: "Every event message is delivered, dropped as late, or in the poison queue",
    5: "Nothing that a client sends causes a 500, a stuck order, or an effect on another order",
}
WAITING = "AwaitingProceed"
STAGES = frozenset(
    ["CheckingInventory", WAITING, "ProcessingPayment", "Invoiced", *DECISIONS, "Failed"]
)


class Violation(NamedTuple):
    """Which invariant is broken, and by what."""

    invariant: int
    text: str


@dataclass(frozen=True)
class Audit:
    """Books, what is known besides, and how old a thing must be to count.

    What happened less than `grace` ago may still be under way: an order between two steps, or one
    that the next sweep cleans up after. Zero for an app at rest.
    """

    books: Books
    record: Record
    grace: timedelta

    def violations(self) -> list[Violation]:
        """Return all of them, by invariant."""
        checks = (self._ends, self._charges, self._stock, self._messages, self._clients)
        return [
            Violation(number, text)
            for number, check in enumerate(checks, start=1)
            for text in check()
        ]

    def _ends(self) -> Iterator[str]:
        for order_id, order in sorted(self.books.orders.items()):
            if self._old(order):
                for text in self._end_of(order_id, order):
                    yield f"order {order_id} {text}"
        for order_id in sorted(self.record.accepted - self.books.orders.keys()):
            yield f"order {order_id} was accepted, and the host does not know it"
        for order_id, reservation in sorted(self.books.reservations.items()):
            # A purged order that has paid was sold.
            unknown = order_id not in self.books.orders
            if unknown and reservation.held and not self._charged(order_id):
                yield f"order {order_id} holds stock, and the host does not know it"

    def _end_of(self, order_id: str, order: Order) -> Iterator[str]:
        reservation = self.books.reservations.get(order_id)
        held = reservation is not None and reservation.held
        if order.live:
            if order.runtime_status != "Suspended" and order.stage != WAITING:
                where = f"{order.runtime_status}, {order.stage or 'no stage'}"
                yield f"is stuck: {where}, since {order.updated:%Y-%m-%dT%H:%M:%SZ}"
            elif order.stage == WAITING and not held and order_id not in self.books.waiting:
                yield "waits for stock, but no restock will find it: it has no waiting row"
        elif order.sold:
            if order.invoice is None:
                yield "is completed without an invoice"
            if not held:
                yield "has its invoice, but its stock was released"
        else:
            how = order.stage if order.decision else order.runtime_status
            if held:
                yield f"is {how} and still holds stock"
            if order_id in self.books.waiting:
                yield f"is {how} and still waits for stock"
            if self._charged(order_id):
                yield f"is {how} and its money was not paid back"

    def _charges(self) -> Iterator[str]:
        for order_id, payments in sorted(self.books.payments.items()):
            if len(payments) > 1:
                yield f"order {order_id} has {len(payments)} payments"
            reservation = self.books.reservations.get(order_id)
            charged = sum(payment.total for payment in payments if payment.state == "charged")
            if charged and (reservation is None or reservation.total != charged):
                yield f"order {order_id} was charged {charged} for something that it does not hold"
        for order_id, order in sorted(self.books.orders.items()):
            invoice = order.invoice
            if invoice is None:
                continue
            for payment in self.books.payments.get(order_id, ()):
                kept = payment.state == "charged"
                said = (invoice.get("total"), invoice.get("currency"))
                if kept and said == (payment.total, payment.currency):
                    if invoice.get("paymentReference") == payment.reference:
                        break
            else:
                yield f"order {order_id} has an invoice over {invoice.get('total')}, not so charged"
            if sum(line["amount"] for line in invoice["lines"]) != invoice["total"]:
                yield f"order {order_id} has an invoice whose lines do not add up to its total"

    def _stock(self) -> Iterator[str]:
        for sku, stock in sorted(self.books.stock.items()):
            if stock.available < 0:
                yield f"SKU {sku} has {stock.available} available"
            stocked = self.record.stocked.get(sku, stock.stocked)
            for source, number in (("stocked", stocked), ("by its row", stock.stocked)):
                held = self._held(sku)
                if number is not None and stock.available + held != number:
                    yield f"SKU {sku}: {stock.available} available + {held} held, {number} {source}"
                    break

    def _held(self, sku: str) -> int:
        total = 0
        for order_id, reservation in self.books.reservations.items():
            order = self.books.orders.get(order_id)
            lost = order is not None and not order.live and not order.sold
            if reservation.held and not (lost and self._old(order)):
                total += reservation.quantities.get(sku, 0)
        return total

    def _messages(self) -> Iterator[str]:
        queue = self.books.queue
        if not self.grace and queue.messages:
            yield f"{queue.messages} messages are still on the queue"
        elif queue.oldest is not None and queue.oldest < self.books.read_at - self.grace:
            yield f"a message is on the queue since {queue.oldest:%Y-%m-%dT%H:%M:%SZ}"
        for message_id in self.record.without_fate():
            body = self.record.sent[message_id][:200]
            yield f"message {message_id} was not delivered, dropped or poisoned: {body}"

    def _clients(self) -> Iterator[str]:
        for status, count in sorted(self.record.statuses.items()):
            if status >= 500 and status != 503:
                yield f"{count} requests were answered with {status}"
        for order_id, order in sorted(self.books.orders.items()):
            if order.stage and order.stage not in STAGES:
                yield f"order {order_id} shows no stage of an order: {order.stage!r}"
            claim, invoice = self.books.claims.get(order_id), order.invoice
            if claim is None or invoice is None:
                continue
            ordered = {item["sku"]: item["quantity"] for item in claim["items"]}
            sold = {line["sku"]: line["quantity"] for line in invoice["lines"]}
            same = (invoice["orderId"], invoice["customerId"]) == (order_id, claim["customerId"])
            if not same or ordered != sold:
                yield f"order {order_id} has an invoice for something that was not ordered"

    def _charged(self, order_id: str) -> bool:
        payments = self.books.payments.get(order_id, ())
        return any(payment.state == "charged" for payment in payments)

    def _old(self, order: Order | None) -> bool:
        return order is not None and order.updated <= self.books.read_at - self.grace


def check(
    books: Books, record: Record | None = None, grace: timedelta = timedelta(0)
) -> list[Violation]:
    """Return what violates the invariants."""
    return Audit(books, record or Record(), grace).violations()
