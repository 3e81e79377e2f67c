"""What a call answers that is not the first to write the payment of its order."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import count
from typing import Any

import pytest

from ordering.errors import GatewayUnavailable, NotReserved, StorageUnavailable
from ordering.payments.gateway import Charge, Declined, Opened
from ordering.payments.payment import CHARGED, CLOSING, OPEN, REFUNDED, VOIDED, Payment
from ordering.payments.payments import Payments
from ordering.stock.rows import HELD, RELEASED, WAITING, Line, Reservation
from tests.unit.ordering.payments.worlds import MemoryRows, order


class Provider:
    """Opens a payment of a new reference each time, and keeps in mind what became of it."""

    opens_for_free = False

    def __init__(self, takes_by_record: bool = False, fails_to_give_back: bool = False) -> None:
        self.takes_by_record = takes_by_record
        self.fails_to_give_back = fails_to_give_back
        self.opened: list[str] = []
        self.taken: list[str] = []
        self.given_back: list[str] = []

    def open(self, charge: Charge) -> Opened:
        self.opened.append(f"pi-{len(self.opened) + 1}")
        return Opened(self.opened[-1], self.takes_by_record)

    def take(self, order_id: str, reference: str) -> None:
        self.taken.append(reference)

    def give_back(self, order_id: str, reference: str, amount: int) -> int:
        self.given_back.append(reference)
        if self.fails_to_give_back:
            raise GatewayUnavailable("away")
        return 0


def reservation(order_id: str) -> Reservation:
    return Reservation(HELD, "EUR", (Line("TEA", "Tea", 2, 250),))


def race(provider: Provider, other: Payment) -> dict[str, Any]:
    """Pay, while somebody else records a payment before this call does."""
    rows = MemoryRows(lambda payment: None)
    payments = Payments(rows, reservation, provider)  # type: ignore[arg-type]
    requests = 0

    def before() -> None:
        nonlocal requests
        requests += 1
        if requests == 2:
            rows.payments["o-1"] = other

    rows.before = before
    return payments.pay(order())


def test_the_payment_that_was_recorded_first_is_taken_and_the_other_one_is_given_back() -> None:
    provider = Provider()
    lines = (Line("TEA", "Tea", 2, 250),)
    first = Payment("o-1", OPEN, "", "ada", "EUR", 500, lines, "pi-of-another", "1")
    outcome = race(provider, first)
    assert outcome["invoice"]["paymentReference"] == "pi-of-another"
    assert provider.taken == ["pi-of-another"]
    assert provider.given_back == provider.opened == ["pi-1"]


def test_a_payment_that_is_recorded_already_as_this_one_is_not_given_back() -> None:
    provider = Provider()
    lines = (Line("TEA", "Tea", 2, 250),)
    own = Payment("o-1", OPEN, "", "ada", "EUR", 500, lines, "pi-1", "1")
    assert race(provider, own)["invoice"]["paymentReference"] == "pi-1"
    assert (provider.taken, provider.given_back) == (["pi-1"], [])


def test_an_order_that_was_closed_meanwhile_is_not_charged() -> None:
    provider = Provider()
    assert race(provider, Payment("o-1", "voided", ""))["code"] == "order_closed"
    assert (provider.taken, provider.given_back) == ([], ["pi-1"])


def test_a_payment_that_cannot_be_given_back_now_does_not_fail_the_one_that_was_first() -> None:
    provider = Provider(fails_to_give_back=True)
    first = Payment("o-1", OPEN, "", "ada", "EUR", 500, (), "pi-of-another", "1")
    assert race(provider, first)["invoice"]["paymentReference"] == "pi-of-another"
    assert provider.given_back == ["pi-1"]


def test_what_only_its_record_would_have_taken_is_not_given_back() -> None:
    provider = Provider(takes_by_record=True)
    first = Payment("o-1", CHARGED, "", "ada", "EUR", 500, (), "pi-of-another", "1")
    assert race(provider, first)["invoice"]["paymentReference"] == "pi-of-another"
    assert (provider.taken, provider.given_back) == ([], [])


def test_an_open_payment_of_an_order_that_holds_no_stock_is_not_called_closed() -> None:
    rows, provider = MemoryRows(lambda payment: None), Provider()
    rows.payments["o-1"] = Payment("o-1", OPEN, "", "ada", "EUR", 500, (), "pi-1", "1")
    payments = Payments(rows, lambda order_id: None, provider)  # type: ignore[arg-type]
    with pytest.raises(NotReserved, match="o-1 holds no stock"):
        payments.pay(order())
    assert (provider.opened, provider.taken) == ([], [])


@pytest.mark.parametrize("is_twin", [True, False])
def test_a_record_that_somebody_deletes_by_hand_is_reported_and_nothing_is_taken_after_it(
    is_twin: bool,
) -> None:
    rows, provider, requests = MemoryRows(lambda payment: None), Provider(), 0
    payments = Payments(rows, reservation, provider)  # type: ignore[arg-type]

    def before() -> None:
        # The first looks for the record, the second writes it, the third reads it.
        nonlocal requests
        requests += 1
        if requests == 2 and is_twin:
            rows.payments["o-1"] = Payment("o-1", OPEN, "", "ada", "EUR", 500, (), "pi-2", "1")
        if requests == 3:
            rows.payments.clear()

    rows.before = before
    with pytest.raises(StorageUnavailable, match="payment of order o-1 disappeared"):
        payments.pay(order())
    assert provider.taken == ([] if is_twin else ["pi-1"])


def test_the_invoice_is_of_the_moment_of_the_charge_from_the_first_answer_on() -> None:
    opened = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
    moments = (opened + timedelta(minutes=number) for number in count())
    rows = MemoryRows(lambda payment: None)
    payments = Payments(rows, reservation, Provider(), lambda: next(moments))  # type: ignore[arg-type]
    first = payments.pay(order())
    assert first["invoice"]["issuedAt"] == "2026-11-22T12:01:00Z"
    told = {name: first["invoice"][name] for name in ("customerId", "currency", "total")}
    assert told == {"customerId": "ada", "currency": "EUR", "total": 500}
    assert payments.pay(order()) == first


@pytest.mark.parametrize("state", [None, OPEN, CHARGED, CLOSING, REFUNDED, VOIDED])
def test_money_is_kept_and_an_invoice_is_there_in_one_state_alone(state: str | None) -> None:
    rows = MemoryRows(lambda payment: None)
    if state is not None:
        rows.payments["o-1"] = Payment("o-1", state, "2026-11-22T12:00:00Z", total=500)
    payments = Payments(rows, reservation, Provider())  # type: ignore[arg-type]
    invoice = payments.invoice_of("o-1")
    assert payments.state_of("o-1") == state
    assert payments.is_charged("o-1") == (state == CHARGED)
    assert (invoice is not None and invoice["total"] == 500) == (state == CHARGED)


@pytest.mark.parametrize("stock", [None, RELEASED, WAITING])
@pytest.mark.parametrize("state", [None, OPEN, CHARGED, CLOSING, REFUNDED, VOIDED])
def test_an_order_that_holds_no_stock_is_answered_by_its_payment_and_not_charged(
    stock: str | None, state: str | None
) -> None:
    rows, provider = MemoryRows(lambda payment: None), Provider()
    if state is not None:
        rows.payments["o-1"] = Payment("o-1", state, "2026-11-22T12:00:00Z", total=500)
    held = None if stock is None else replace(reservation("o-1"), state=stock)
    payments = Payments(rows, lambda order_id: held, provider)  # type: ignore[arg-type]
    if state in (None, OPEN):
        with pytest.raises(NotReserved):
            payments.pay(order())
    else:
        outcome = payments.pay(order())
        assert outcome["status"] == ("charged" if state == CHARGED else "declined")
    assert provider.opened == provider.taken == []


def test_a_repeated_refund_asks_the_provider_once() -> None:
    rows, provider = MemoryRows(lambda payment: None), Provider()
    payments = Payments(rows, reservation, provider)  # type: ignore[arg-type]
    payments.pay(order())
    assert [payments.refund("o-1") for _ in range(2)] == [0, 0]
    assert provider.given_back == ["pi-1"]


def test_a_payment_that_is_declined_as_it_is_opened_is_told_and_leaves_no_record() -> None:
    class Declining(Provider):
        def open(self, charge: Charge) -> Any:
            return Declined("no_method", "There is no such method.")

    rows = MemoryRows(lambda payment: None)
    payments = Payments(rows, reservation, Declining())  # type: ignore[arg-type]
    answer = {"status": "declined", "code": "no_method", "message": "There is no such method."}
    assert payments.pay(order()) == answer
    assert rows.payments == {}
