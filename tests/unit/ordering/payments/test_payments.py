"""What a call answers that is not the first to write the payment of its order."""

from typing import Any

from ordering.payments.gateway import Charge, Opened
from ordering.payments.payment import OPEN, Payment
from ordering.payments.payments import Payments
from ordering.stock.rows import HELD, Line, Reservation
from tests.unit.ordering.payments.worlds import MemoryRows, order


class Provider:
    """Opens a payment of a new reference each time, and keeps in mind what became of it."""

    opens_for_free = False

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.taken: list[str] = []
        self.given_back: list[str] = []

    def open(self, charge: Charge) -> Opened:
        self.opened.append(f"pi-{len(self.opened) + 1}")
        return Opened(self.opened[-1])

    def take(self, order_id: str, reference: str) -> None:
        self.taken.append(reference)

    def give_back(self, order_id: str, reference: str, amount: int) -> int:
        self.given_back.append(reference)
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
