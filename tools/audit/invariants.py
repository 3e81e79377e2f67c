"""The six invariants of the shop, checked on its books. Pure: books in, violations out.

1. Every accepted order ends: with an invoice, or with stock released and no money kept.
   Cancelled, Expired, PaymentDeclined and Rejected are ends of the second kind; so are Failed and
   Terminated. An order in a line of waiting ones waits there.
2. Charges: at most one per order, equal to its invoice.
3. For every SKU: available + held by live or invoiced orders = what was stocked.
4. Every message is delivered, dropped as late with a warning, or in the poison queue.
5. Nothing that a client sends causes a 500, a stuck order, or an effect on another order.
6. No stock lies free for more than five minutes while an order waits that it could serve.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from ordering.model import Stage
from tools.audit.books import Books
from tools.audit.ends import check_ends
from tools.audit.idle_stock import LONGEST, check_idle_stock
from tools.audit.record import Record

TITLES = {
    1: "Every accepted order ends: with an invoice, or with stock released and no money kept",
    2: "Charges: at most one per order, equal to its invoice",
    3: "For every SKU: available + held by live or invoiced orders = what was stocked",
    4: "Every event message is delivered, dropped as late, or in the poison queue",
    5: "Nothing that a client sends causes a 500, a stuck order, or an effect on another order",
    6: "No stock lies free for more than five minutes while an order waits that it could serve",
}
STAGES = {stage.value for stage in Stage}


class Violation(NamedTuple):
    """Which invariant is broken, and by what."""

    invariant: int
    text: str


def check(
    books: Books, record: Record | None = None, grace: timedelta = timedelta(0)
) -> list[Violation]:
    """Return what violates the invariants, by invariant; `record` is what is known besides.

    What happened less than `grace` ago may still be under way: an order between two steps, or one
    that the next sweep cleans up after. Zero for an app at rest.
    """
    record, before = record or Record(), books.read_at - grace
    found = {
        1: check_ends(books, record, before),
        2: _charges(books),
        3: _stock(books, record, before),
        4: _messages(books, record, before),
        5: _clients(books, record),
        6: check_idle_stock(books, books.read_at - min(grace, LONGEST)),
    }
    return [Violation(number, text) for number, texts in found.items() for text in texts]


def _charges(books: Books) -> Iterator[str]:
    for order_id, payments in sorted(books.payments.items()):
        if len(payments) > 1:
            yield f"order {order_id} has {len(payments)} payments"
        charged = sum(payment.total for payment in payments if payment.charged)
        reservation = books.reservations.get(order_id)
        held = reservation.total if reservation is not None else 0
        if reservation is None and books.is_archived(order_id):
            # Its row is gone, and the payment keeps what was sold.
            held = sum(payment.worth for payment in payments if payment.charged)
        if charged and held != charged:
            yield f"order {order_id} was charged {charged} for something that it does not hold"
    for order_id, order in sorted(books.orders.items()):
        invoice = order.invoice
        if invoice is None:
            continue
        for payment in books.payments.get(order_id, ()):
            paid = (payment.total, payment.currency, payment.reference)
            due = (invoice["total"], invoice["currency"], invoice["paymentReference"])
            if payment.charged and paid == due:
                break
        else:
            yield f"order {order_id} has an invoice over {invoice['total']}, not so charged"
        if sum(line["amount"] for line in invoice["lines"]) != invoice["total"]:
            yield f"order {order_id} has an invoice whose lines do not add up to its total"


def _stock(books: Books, record: Record, before: datetime) -> Iterator[str]:
    held = _held(books, before)
    for sku, stock in sorted(books.stock.items()):
        if stock.available < 0:
            yield f"SKU {sku} has {stock.available} available"
        there = f"{stock.available} available + {held[sku]} held"
        stocked = record.stocked.get(sku, stock.stocked)
        for source, number in (("stocked", stocked), ("by its row", stock.stocked)):
            if number is not None and stock.available + held[sku] != number:
                yield f"SKU {sku}: {there}, {number} {source}"
                break


def _held(books: Books, before: datetime) -> Counter[str]:
    """Count what live and invoiced orders hold, by SKU."""
    held: Counter[str] = Counter()
    for order_id, reservation in books.reservations.items():
        order = books.orders.get(order_id)
        ended = order is not None and not order.live and order.invoice is None
        lost = order is not None and ended and order.updated <= before
        if reservation.held and not lost:
            held.update(reservation.quantities)
    for order_id in books.payments.keys() - books.reservations.keys():
        # An archived order has no row any more, and what it paid for is still sold.
        if books.is_archived(order_id):
            for payment in books.payments[order_id]:
                held.update(payment.quantities if payment.charged else {})
    return held


def _messages(books: Books, record: Record, before: datetime) -> Iterator[str]:
    queue = books.queue
    if before >= books.read_at and queue.messages:
        yield f"{queue.messages} messages are still on the queue"
    elif queue.oldest is not None and queue.oldest < before:
        yield f"a message is on the queue since {queue.oldest:%Y-%m-%dT%H:%M:%SZ}"
    for message_id in record.without_fate():
        body = record.sent[message_id][:200]
        yield f"message {message_id} was not delivered, dropped or poisoned: {body}"


def _clients(books: Books, record: Record) -> Iterator[str]:
    for status, count in sorted(record.statuses.items()):
        if status >= 500 and status != 503:
            yield f"{count} requests were answered with {status}"
    for order_id, order in sorted(books.orders.items()):
        if order.stage and order.stage not in STAGES:
            yield f"order {order_id} shows no stage of an order: {order.stage!r}"
        end = order.business_end
        if end is not None and end.get("orderId") != order_id:
            yield f"order {order_id} shows the end of another order: {end.get('orderId')}"
        acceptance, invoice = books.accepted.get(order_id), order.invoice
        if acceptance is None or acceptance.order is None or invoice is None:
            continue
        placed = acceptance.order
        ordered = {item["sku"]: item["quantity"] for item in placed["items"]}
        sold = {line["sku"]: line["quantity"] for line in invoice["lines"]}
        same = (invoice["orderId"], invoice["customerId"]) == (order_id, placed["customerId"])
        if not same or ordered != sold:
            yield f"order {order_id} has an invoice for something that was not ordered"
