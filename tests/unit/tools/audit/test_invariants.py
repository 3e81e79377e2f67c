"""Books with one thing wrong each; sound books are the first test."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tools.audit.books import Books, Order, Payment, Queued, Reservation, Stock
from tools.audit.invariants import check
from tools.audit.record import Record

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=timezone.utc)
LONG_AGO = NOW - timedelta(hours=1)
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


DECLINED = {"orderId": "declined", "stage": "PaymentDeclined", "reason": "declined"}
CHARGED = Payment("charged", 500, "EUR", "ledger-sold")
# Six teas came in: two sold, four free; one order waits, one was cancelled, one declined.
SOUND = Books(
    stock={"TEA": Stock(4, 6)},
    reservations={
        "sold": Reservation(True, {"TEA": 2}, 500),
        "cancelled": Reservation(False),
        "declined": Reservation(False, {"TEA": 1}, 250),
    },
    waiting=frozenset(["waits"]),
    claims={
        name: {"customerId": "ada", "items": ITEMS}
        for name in ("sold", "cancelled", "declined", "waits")
    },
    payments={"sold": (CHARGED,), "cancelled": (Payment("voided"),)},
    orders={
        "sold": order("Completed", "Invoiced", INVOICE),
        "cancelled": order("Failed", "Cancelled", "cancelled"),
        "declined": order("Completed", "PaymentDeclined", DECLINED),
        "waits": order("Running", "AwaitingProceed"),
    },
    read_at=NOW,
)


def with_order(name: str, changed: Order) -> Books:
    return replace(SOUND, orders={**SOUND.orders, name: changed})


def with_reservation(name: str, changed: Reservation) -> Books:
    return replace(SOUND, reservations={**SOUND.reservations, name: changed})


def test_sound_books_violate_nothing() -> None:
    assert check(SOUND) == []


Broken = dict[str, tuple[int, Books, str]]
BROKEN: Broken = {
    "a terminated order that holds stock": (
        1,
        replace(
            with_order("held", order("Terminated", "ProcessingPayment")),
            reservations={**SOUND.reservations, "held": Reservation(True, {"TEA": 1}, 250)},
            stock={"TEA": Stock(3, 6)},
        ),
        "order held is Terminated and still holds stock",
    ),
    "a failed order whose money was kept": (
        1,
        replace(SOUND, payments={**SOUND.payments, "cancelled": (Payment("charged", 250),)}),
        "order cancelled is Failed and its money was not paid back",
    ),
    "a declined order whose money was kept": (
        1,
        replace(SOUND, payments={**SOUND.payments, "declined": (Payment("charged", 250),)}),
        "order declined is PaymentDeclined and its money was not paid back",
    ),
    "a terminated order that waits": (
        1,
        with_order("waits", order("Terminated", "AwaitingProceed")),
        "order waits is Terminated and still waits for stock",
    ),
    "an order between two steps for an hour": (
        1,
        with_order("stuck", order("Running", "CheckingInventory")),
        "order stuck is stuck: Running, CheckingInventory",
    ),
    "a waiting order that no restock finds": (
        1,
        replace(SOUND, waiting=frozenset()),
        "order waits waits for stock, but no restock will find it",
    ),
    "a completed order without an invoice": (
        1,
        with_order("cancelled", order("Completed", "Invoiced", None)),
        "order cancelled is completed without an invoice",
    ),
    "an invoice for stock that was released": (
        1,
        replace(
            with_reservation("sold", Reservation(False, {"TEA": 2}, 500)),
            stock={"TEA": Stock(6, 6)},
        ),
        "order sold has its invoice, but its stock was released",
    ),
    "stock held by nobody": (
        1,
        replace(
            with_reservation("nobody", Reservation(True, {"TEA": 1}, 250)),
            stock={"TEA": Stock(3, 6)},
        ),
        "order nobody holds stock, and the host does not know it",
    ),
    "an order with two payments": (
        2,
        replace(SOUND, payments={"sold": (CHARGED, Payment("refunded", 500))}),
        "order sold has 2 payments",
    ),
    "an order charged for more than it holds": (
        2,
        replace(SOUND, payments={"sold": (replace(CHARGED, total=501),)}),
        "order sold was charged 501",
    ),
    "an invoice without a charge": (
        2,
        replace(SOUND, payments={}),
        "order sold has an invoice over 500, not so charged",
    ),
    "an invoice over another amount": (
        2,
        with_order("sold", order("Completed", "Invoiced", {**INVOICE, "total": 499})),
        "order sold has an invoice over 499, not so charged",
    ),
    "an invoice in another currency": (
        2,
        with_order("sold", order("Completed", "Invoiced", {**INVOICE, "currency": "USD"})),
        "not so charged",
    ),
    "a piece that is lost": (
        3,
        replace(SOUND, stock={"TEA": Stock(3, 6)}),
        "SKU TEA: 3 available + 2 held, 6 stocked",
    ),
    "a piece sold twice": (
        3,
        replace(SOUND, stock={"TEA": Stock(5, 6)}),
        "SKU TEA: 5 available + 2 held, 6 stocked",
    ),
    "negative stock": (
        3,
        replace(SOUND, stock={"TEA": Stock(-1, 1)}),
        "SKU TEA has -1 available",
    ),
    "a message that nobody takes": (
        4,
        replace(SOUND, queue=Queued(1, LONG_AGO)),
        "1 messages are still on the queue",
    ),
    "an invoice for somebody else": (
        5,
        with_order("sold", order("Completed", "Invoiced", {**INVOICE, "customerId": "eve"})),
        "order sold has an invoice for something that was not ordered",
    ),
    "an invoice for other goods": (
        5,
        replace(
            SOUND,
            claims={"sold": {"customerId": "ada", "items": [{"sku": "TEA", "quantity": 3}]}},
        ),
        "order sold has an invoice for something that was not ordered",
    ),
    "an order that shows something else": (
        5,
        with_order("waits", order("Running", "Exploding")),
        "shows no stage of an order: 'Exploding'",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_wrong_is_found_under_its_invariant(case: str) -> None:
    invariant, books, text = BROKEN[case]
    found = [violation.text for violation in check(books) if violation.invariant == invariant]
    assert any(text in line for line in found), check(books)


@pytest.mark.parametrize(
    ("record", "invariant", "text"),
    [
        (Record(accepted={"sold", "lost"}), 1, "order lost was accepted, and the host does not"),
        (Record(stocked={"TEA": 7}), 3, "SKU TEA: 4 available + 2 held, 7 stocked"),
        (Record(sent={"m-1": "{}"}), 4, "message m-1 was not delivered, dropped or poisoned"),
        (Record(statuses=Counter({202: 5, 500: 2})), 5, "2 requests were answered with 500"),
    ],
)
def test_what_a_test_knows_is_held_against_the_books(
    record: Record, invariant: int, text: str
) -> None:
    [violation] = check(SOUND, record)
    assert violation.invariant == invariant
    assert text in violation.text


@pytest.mark.parametrize(
    "record",
    [
        Record(accepted={"sold", "waits"}, stocked={"TEA": 6}, statuses=Counter({202: 1, 503: 9})),
        Record(sent={"m-1": "x"}, log="12:00 Message m-1: Proceed delivered to order o-1"),
        Record(sent={"m-1": "x"}, log="Message m-1: Proceed for order o-1 dropped: finished"),
        Record(sent={"m-1": "x"}, poison=["y", "x"]),
    ],
)
def test_a_record_that_agrees_is_no_violation(record: Record) -> None:
    assert check(SOUND, record) == []


Change = Callable[[datetime], Books]


@pytest.mark.parametrize(
    "change",
    [
        lambda at: with_order("new", order("Running", "CheckingInventory", updated=at)),
        lambda at: with_order("waits", order("Terminated", "AwaitingProceed", updated=at)),
        lambda at: replace(SOUND, queue=Queued(1, at)),
    ],
)
def test_what_is_young_may_still_be_under_way(change: Change) -> None:
    grace = timedelta(minutes=10)
    assert check(change(NOW - timedelta(minutes=9)), grace=grace) == []
    assert check(change(NOW - timedelta(minutes=11)), grace=grace) != []


def test_a_sku_whose_row_does_not_say_what_came_in_is_not_judged() -> None:
    assert check(replace(SOUND, stock={"TEA": Stock(1, None)})) == []


def test_a_purged_order_that_has_paid_is_sold() -> None:
    purged = {name: order for name, order in SOUND.orders.items() if name != "sold"}
    assert check(replace(SOUND, orders=purged)) == []


def test_a_suspended_order_is_not_stuck() -> None:
    assert check(with_order("held", order("Suspended", "CheckingInventory"))) == []
