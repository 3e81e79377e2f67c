"""Sound books, and the same with something changed."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from tools.audit.books import Books
from tools.audit.entries import Acceptance, Order, Payment, Place, Reservation, Stock

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=timezone.utc)
LONG_AGO = NOW - timedelta(hours=1)
SINCE = "2026-11-22T190000.000000Z"
INVOICE: dict[str, Any] = {
    "invoiceId": "INV-sold",
    "orderId": "sold",
    "customerId": "ada",
    "lines": [{"sku": "TEA", "quantity": 2, "unitPrice": 250, "amount": 500}],
    "currency": "EUR",
    "total": 500,
    "paymentReference": "ledger-sold",
}
ITEMS = [{"sku": "TEA", "quantity": 2}]


def order(status: str, stage: str, output: Any = None, updated: datetime = LONG_AGO) -> Order:
    return Order(status, stage, output, updated)


def ended(name: str, stage: str) -> Order:
    """Return an order that ended by a decision."""
    return order("Completed", stage, {"orderId": name, "stage": stage, "reason": "So."})


def held(quantity: int) -> Reservation:
    return Reservation("held", {"TEA": quantity}, 250 * quantity)


def waits_for(*queued: str, since: str = SINCE, **needs: int) -> Reservation:
    return Reservation(
        "waiting", needs=needs, queued=frozenset(queued or needs.keys()), since=since
    )


RELEASED = Reservation("released")
CHARGED = Payment("charged", 500, "EUR", "ledger-sold", {"TEA": 2}, 500)
PLACE = Place("TEA", SINCE, "waits")
# Six teas came in: two sold, four free. One order waits for nine, four ended unpaid.
SOUND = Books(
    stock={"TEA": Stock(4, 6, LONG_AGO)},
    reservations={
        "sold": held(2),
        "cancelled": RELEASED,
        "declined": Reservation("released", {"TEA": 1}, 250),
        "rejected": RELEASED,
        "terminated": RELEASED,
        "waits": waits_for(TEA=9),
    },
    lines=frozenset([PLACE]),
    accepted={
        name: Acceptance({"customerId": "ada", "items": ITEMS})
        for name in ("sold", "cancelled", "declined", "rejected", "terminated", "waits")
    },
    payments={"sold": (CHARGED,), "cancelled": (Payment("voided"),)},
    orders={
        "sold": order("Completed", "Invoiced", INVOICE),
        "cancelled": ended("cancelled", "Cancelled"),
        "declined": ended("declined", "PaymentDeclined"),
        "rejected": ended("rejected", "Rejected"),
        "terminated": order("Terminated", "CheckingInventory"),
        "waits": order("Running", "AwaitingProceed"),
    },
    read_at=NOW,
)
SHORT_TEA = {"TEA": Stock(3, 6, LONG_AGO)}


def with_order(name: str, changed: Order) -> Books:
    return replace(SOUND, orders={**SOUND.orders, name: changed})


def with_reservation(name: str, changed: Reservation) -> Books:
    return replace(SOUND, reservations={**SOUND.reservations, name: changed})


def with_place(*places: Place) -> Books:
    return replace(SOUND, lines=frozenset([PLACE, *places]))


def archived(name: str, books: Books = SOUND) -> Books:
    """Return books that keep of an order that its id is spent, and what it paid."""
    return replace(
        books,
        accepted={**books.accepted, name: Acceptance(None)},
        orders={key: order for key, order in books.orders.items() if key != name},
        reservations={key: row for key, row in books.reservations.items() if key != name},
    )


def purged(*names: str) -> Books:
    return replace(
        SOUND, orders={name: each for name, each in SOUND.orders.items() if name not in names}
    )
