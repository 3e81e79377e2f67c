"""Books with one thing wrong each; sound books are the first test."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.unit.tools.audit.sound_books import (
    CHARGED,
    INVOICE,
    LONG_AGO,
    NOW,
    SHORT_TEA,
    SINCE,
    SOUND,
    archived,
    ended,
    held,
    order,
    purged,
    waits_for,
    with_order,
    with_place,
    with_reservation,
)
from tools.audit.books import Books
from tools.audit.entries import Acceptance, Payment, Place, Queued, Reservation, Stock
from tools.audit.invariants import check
from tools.audit.record import Record


def test_sound_books_violate_nothing() -> None:
    assert check(SOUND) == []


BROKEN: dict[str, tuple[int, Books, str]] = {
    "a terminated order that holds stock": (
        1,
        replace(
            with_order("held", order("Terminated", "ProcessingPayment")),
            reservations={**SOUND.reservations, "held": held(1)},
            stock=SHORT_TEA,
        ),
        "order held is Terminated and still holds stock",
    ),
    "a cancelled order that holds stock": (
        1,
        replace(with_reservation("cancelled", held(1)), stock=SHORT_TEA),
        "order cancelled is Cancelled and still holds stock",
    ),
    "stock that a cancelled order holds": (
        3,
        replace(with_reservation("cancelled", held(1)), stock=SHORT_TEA),
        "SKU TEA: 3 available + 2 held, 6 stocked",
    ),
    "a rejected order that waits": (
        1,
        with_reservation("rejected", waits_for(TEA=9)),
        "order rejected is Rejected and still waits for stock",
    ),
    "a declined order whose money was kept": (
        1,
        replace(SOUND, payments={**SOUND.payments, "declined": (Payment("charged", 250),)}),
        "order declined is PaymentDeclined and its money was not paid back",
    ),
    "a failed order that a gateway may have charged": (
        1,
        replace(
            with_order("declined", order("Failed", "Failed", "RefundPayment failed")),
            payments={**SOUND.payments, "declined": (Payment("open", 250),)},
        ),
        "order declined is Failed and its money was not paid back",
    ),
    "an order that shows another end than its own": (
        1,
        with_order("cancelled", replace(ended("cancelled", "Cancelled"), stage="Expired")),
        "order cancelled has ended as Cancelled and shows Expired",
    ),
    "an invoice at another stage": (
        1,
        with_order("sold", order("Completed", "Cancelled", INVOICE)),
        "order sold has its invoice and shows Cancelled",
    ),
    "a phantom in a line": (
        1,
        with_place(Place("TEA", SINCE, "cancelled")),
        "order cancelled is in the line of TEA and does not wait there",
    ),
    "a phantom that nobody knows": (
        1,
        with_place(Place("TEA", SINCE, "nobody")),
        "order nobody is in the line of TEA and does not wait there",
    ),
    "an order twice in a line": (
        1,
        with_place(Place("TEA", "2026-11-22T180000.000000Z", "waits")),
        "order waits is in the line of TEA and does not wait there",
    ),
    "an order in the line of what it does not need": (
        1,
        with_place(Place("MUG", SINCE, "waits")),
        "order waits is in the line of MUG and does not wait there",
    ),
    "an order that pauses without a row": (
        1,
        with_order("lost", order("Running", "AwaitingProceed")),
        "order lost waits for stock, but its row is missing",
    ),
    "an order that pauses after its release": (
        1,
        with_order("cancelled", order("Running", "AwaitingProceed")),
        "order cancelled waits for stock, but its row is released",
    ),
    "a purged order that waits": (
        1,
        purged("waits"),
        "order waits waits for stock, and the host does not know it",
    ),
    "a purged order whose payment is open": (
        1,
        replace(purged("declined"), payments={**SOUND.payments, "declined": (Payment("open"),)}),
        "order declined has an open payment, and the host does not know it",
    ),
    "an archived order that lives": (
        1,
        replace(SOUND, accepted={**SOUND.accepted, "waits": Acceptance(None)}),
        "order waits is archived while it is Running",
    ),
    "an archived order that was charged for more than it got": (
        2,
        archived("sold", replace(SOUND, payments={"sold": (replace(CHARGED, total=501),)})),
        "order sold was charged 501 for something that it does not hold",
    ),
    "a piece that is lost beside an archived order": (
        3,
        archived("sold", replace(SOUND, stock=SHORT_TEA)),
        "SKU TEA: 3 available + 2 held, 6 stocked",
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
        replace(SOUND, lines=frozenset()),
        "order waits waits for stock, but no restock of TEA will find it",
    ),
    "a completed order without an invoice": (
        1,
        with_order("cancelled", order("Completed", "Invoiced", None)),
        "order cancelled is completed without an invoice, and without a reason",
    ),
    "an invoice for stock that was released": (
        1,
        replace(
            with_reservation("sold", Reservation("released", {"TEA": 2}, 500)),
            stock={"TEA": Stock(6, 6, LONG_AGO)},
        ),
        "order sold has its invoice, but its stock was released",
    ),
    "stock held by nobody": (
        1,
        replace(
            with_reservation("nobody", held(1)),
            stock=SHORT_TEA,
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
    "an invoice that does not add up": (
        2,
        with_order("sold", order("Completed", "Invoiced", {**INVOICE, "lines": []})),
        "order sold has an invoice whose lines do not add up to its total",
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
            accepted={
                "sold": Acceptance({"customerId": "ada", "items": [{"sku": "TEA", "quantity": 3}]})
            },
        ),
        "order sold has an invoice for something that was not ordered",
    ),
    "the end of somebody else's order": (
        5,
        with_order("cancelled", ended("rejected", "Cancelled")),
        "order cancelled shows the end of another order: rejected",
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
        Record(accepted={"sold", "lost"}, purged={"lost"}),
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


@pytest.mark.parametrize("name", ["sold", "cancelled", "declined", "terminated"])
def test_an_order_that_has_ended_may_be_purged_and_archived(name: str) -> None:
    record = Record(accepted={name})
    assert check(purged(name), record) == []
    assert check(archived(name), record) == []


def test_an_archived_order_whose_purge_is_still_to_come_is_sold() -> None:
    assert check(replace(archived("sold"), orders=SOUND.orders)) == []


def test_an_order_stands_in_the_lines_that_its_row_names() -> None:
    """A transaction has no room for all 50 lines of an order; see the row's `queued`."""
    waits = waits_for("TEA", TEA=9, MUG=1)
    assert check(with_reservation("waits", waits)) == []
    of_all = with_reservation("waits", waits_for(TEA=9, MUG=1))
    [violation] = check(of_all)
    assert "no restock of MUG will find it" in violation.text


def test_an_order_that_failed_as_one_of_the_last_version_is_no_violation() -> None:
    assert check(with_order("cancelled", order("Failed", "Cancelled", "cancelled"))) == []


def test_a_suspended_order_is_not_stuck() -> None:
    assert check(with_order("held", order("Suspended", "CheckingInventory"))) == []
