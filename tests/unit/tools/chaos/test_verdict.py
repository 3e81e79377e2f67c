from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from tools.audit.books import Books
from tools.audit.entries import Acceptance, Order, Payment, Reservation, Stock
from tools.audit.record import Record
from tools.chaos.injector import Differing
from tools.chaos.placed import Placed, PlacedOrder
from tools.chaos.stripe_books import Intent
from tools.chaos.verdict import judge, judge_all

NOW = datetime(2026, 11, 30, tzinfo=timezone.utc)
ITEM = {"sku": "TEA", "quantity": 2}
INVOICE: dict[str, Any] = {
    "invoiceId": "INV-o",
    "orderId": "o",
    "customerId": "ada",
    "lines": [{**ITEM, "unitPrice": 250, "amount": 500}],
    "currency": "EUR",
    "total": 500,
    "paymentReference": "pi_1",
}
ORDER = Order("Completed", "Invoiced", INVOICE, NOW)
BOOKS = Books(
    stock={"TEA": Stock(3, 5)},
    reservations={"o": Reservation("held", {"TEA": 2}, 500)},
    accepted={"o": Acceptance({"orderId": "o", "customerId": "ada", "items": [ITEM]})},
    payments={"o": (Payment("charged", 500, "EUR", "pi_1"),)},
    orders={"o": ORDER},
)
PAID = Intent("pi_1", "o", 500, "eur", "pm_card_visa", "succeeded")


@pytest.fixture
def placed() -> Placed:
    found = Placed()
    found.begin(PlacedOrder("o", "in stock", {"TEA": 2}))
    return found


def test_sound_books_violate_nothing(placed: Placed) -> None:
    record = Record(accepted={"o"}, stocked={"TEA": 5})
    assert judge(BOOKS, record, placed, {"o": [PAID]}) == []
    assert judge_all(BOOKS, record, {"o": [PAID]}) == []


def test_money_that_stripe_keeps_beside_the_books_is_found(placed: Placed) -> None:
    intents = {"o": [PAID, replace(PAID, id="pi_2")]}
    for found in (judge(BOOKS, Record(), placed, intents), judge_all(BOOKS, Record(), intents)):
        assert found == [(2, "order o was charged 500 by the books, and Stripe keeps 1000")]
    assert judge(BOOKS, Record(), placed, {})[0].invariant == 2
    assert judge(BOOKS, Record(), placed, None) == [], "the ledger takes the money"
    refunded = [PAID, replace(PAID, id="pi_2", refunded=500)]
    assert judge(BOOKS, Record(), placed, {"o": refunded}) == []


def test_an_order_that_goes_on_and_on_is_found(placed: Placed) -> None:
    order = Order("Running", "ProcessingPayment", None, NOW)
    found = judge(replace(BOOKS, orders={"o": order}), Record(), placed, {"o": [PAID]})
    assert (1, "order o has not ended: Running, ProcessingPayment") in found


def test_an_end_that_nobody_asked_for_is_found(placed: Placed) -> None:
    placed.orders["o"].scenario = "cancelled"
    [found] = judge(BOOKS, Record(), placed, {"o": [PAID]})
    assert found == (5, "order o (cancelled) ended as Invoiced, which nobody asked for")


@pytest.mark.parametrize(
    ("deed", "end", "expected"),
    [
        ("terminate", "Terminated", True),
        ("restart", "Rejected", True),
        ("suspend", "Terminated", False),
        ("restart-copy", "Rejected", False),
        ("terminate", "Failed", False),
        ("terminate", "PaymentDeclined", False),
    ],
)
def test_what_an_operator_did_explains_some_ends(deed: str, end: str, expected: bool) -> None:
    assert PlacedOrder("o", "in stock", {}, [deed]).may_end_as(end) is expected


def test_twins_that_answer_differently_are_found(placed: Placed) -> None:
    differing = [Differing("ProcessPayment", "o", ["this", "that"])]
    [found] = judge(BOOKS, Record(), placed, {"o": [PAID]}, differing)
    assert found == (2, "order o: ProcessPayment answered its twin ['this', 'that']")


def test_an_answer_500_is_told_with_its_request(placed: Placed) -> None:
    record = Record()
    record.statuses[500] = 1
    found = judge(BOOKS, record, placed, {"o": [PAID]}, (), ["GET /api was answered 500: "])
    assert [text for number, text in found if number == 5] == [
        "1 requests were answered with 500",
        "GET /api was answered 500: ",
    ]
