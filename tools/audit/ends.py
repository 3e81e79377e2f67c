"""Invariant 1: every accepted order ends, with an invoice or with nothing kept of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tools.audit.books import Books
from tools.audit.entries import Order
from tools.audit.record import Record

AWAITING = "AwaitingProceed"


def check_ends(books: Books, record: Record, before: datetime) -> Iterator[str]:
    """Yield what is wrong; an order that moved after `before` may still be under way."""
    for order_id, order in sorted(books.orders.items()):
        if order.updated <= before:
            for text in _end_of(books, order_id, order):
                yield f"order {order_id} {text}"
    for order_id in sorted(record.accepted - record.purged - books.orders.keys()):
        if not books.has_ended(order_id):
            yield f"order {order_id} was accepted, and the host does not know it"
    yield from _unknown(books)
    yield from _phantoms(books)


def _end_of(books: Books, order_id: str, order: Order) -> Iterator[str]:
    if order.live:
        if order.runtime_status != "Suspended":
            yield from _pause_of(books, order_id, order)
        if books.is_archived(order_id):
            yield f"is archived while it is {order.runtime_status}"
    elif order.invoice is not None:
        if order.stage != "Invoiced":
            yield f"has its invoice and shows {order.stage or 'no stage'}"
        reservation = books.reservations.get(order_id)
        # An archived order has no row any more: what it was charged for was sold.
        if reservation is None and books.is_archived(order_id):
            return
        if reservation is None or not reservation.held:
            yield "has its invoice, but its stock was released"
    else:
        yield from _end_without_invoice(books, order_id, order)


def _pause_of(books: Books, order_id: str, order: Order) -> Iterator[str]:
    if order.stage != AWAITING:
        where = f"{order.runtime_status}, {order.stage or 'no stage'}"
        yield f"is stuck: {where}, since {order.updated:%Y-%m-%dT%H:%M:%SZ}"
        return
    reservation = books.reservations.get(order_id)
    if reservation is None or reservation.state == "released":
        yield f"waits for stock, but its row is {'released' if reservation else 'missing'}"
    elif reservation.waits:
        for sku in sorted(reservation.queued - books.waiting.get(order_id, frozenset())):
            yield f"waits for stock, but no restock of {sku} will find it: it is not in that line"


def _end_without_invoice(books: Books, order_id: str, order: Order) -> Iterator[str]:
    end = order.business_end
    if order.runtime_status == "Completed":
        if end is None:
            yield "is completed without an invoice, and without a reason"
        elif order.stage != end["stage"]:
            yield f"has ended as {end['stage']} and shows {order.stage or 'no stage'}"
    how = f"is {end['stage'] if end else order.runtime_status}"
    reservation = books.reservations.get(order_id)
    if reservation is not None and reservation.held:
        yield f"{how} and still holds stock"
    if reservation is not None and reservation.waits:
        yield f"{how} and still waits for stock"
    if not all(payment.given_back for payment in books.payments.get(order_id, ())):
        yield f"{how} and its money was not paid back"


def _unknown(books: Books) -> Iterator[str]:
    """Yield what is left of orders whose instances were purged; one that has paid was sold."""
    for order_id, reservation in sorted(books.reservations.items()):
        if order_id in books.orders:
            continue
        if reservation.held and not books.charged(order_id):
            yield f"order {order_id} holds stock, and the host does not know it"
        if reservation.waits:
            yield f"order {order_id} waits for stock, and the host does not know it"
    for order_id, payments in sorted(books.payments.items()):
        for payment in payments:
            if order_id not in books.orders and not (payment.charged or payment.given_back):
                state = payment.state
                yield f"order {order_id} has an {state} payment, and the host does not know it"


def _phantoms(books: Books) -> Iterator[str]:
    """Yield places in line of orders that do not wait there: stock is set aside for nobody."""
    for place in sorted(books.lines, key=lambda place: (place.order_id, place.sku, place.since)):
        row = books.reservations.get(place.order_id)
        stands = row is not None and row.waits and row.since == place.since
        if row is None or not stands or place.sku not in row.queued:
            yield f"order {place.order_id} is in the line of {place.sku} and does not wait there"
