"""The Stripe of chaos, as the shop's own gateway sees it: whatever fails, money moves once."""

from collections.abc import Iterator

import pytest

from ordering.payments.gateway import Charge, Declined, Opened
from ordering.payments.stripe_gateway import StripeGateway
from ordering.retrying import Pace
from tools.chaos import wire
from tools.chaos.armed import Armed
from tools.chaos.journal import Journal
from tools.chaos.kinds import KINDS
from tools.chaos.schedule import PlannedFault
from tools.chaos.stripe_books import DECLINED
from tools.chaos.stripe_server import StripeServer

ORDER = "s1-r000-0001"
FAULTS = [name for name, kind in KINDS.items() if kind.target == "stripe"]


@pytest.fixture
def armed() -> Armed:
    return Armed()


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def stripe(armed: Armed, journal: Journal) -> Iterator[StripeServer]:
    with StripeServer(armed, journal) as server:
        yield server


@pytest.fixture
def gateway(stripe: StripeServer) -> StripeGateway:
    return StripeGateway("sk_test_1", stripe.base_url, Pace(0.001, 0.01, 20.0))


def charge(card: str = "pm_card_visa") -> Charge:
    return Charge(ORDER, "ada", card, 500, "EUR")


def test_money_is_taken_once_and_given_back_once(
    gateway: StripeGateway, stripe: StripeServer
) -> None:
    opened = gateway.open(charge())
    assert isinstance(opened, Opened)
    for _ in range(2):
        assert gateway.take(ORDER, opened.reference) is None
    [intent] = stripe.books.of_orders()[ORDER]
    assert intent.kept == 500
    for _ in range(2):
        assert gateway.give_back(ORDER, opened.reference, 500) == 500
    assert intent.kept == 0 and len(stripe.books.refunds) == 1


def test_a_card_is_declined(gateway: StripeGateway) -> None:
    opened = gateway.open(charge(DECLINED))
    assert isinstance(opened, Opened)
    for _ in range(2):
        refusal = gateway.take(ORDER, opened.reference)
        assert isinstance(refusal, Declined) and refusal.code == "generic_decline"


@pytest.mark.parametrize("kind", FAULTS)
# A 500 comes after the work was done for odd numbers, before it for even ones.
@pytest.mark.parametrize("number", [2, 3])
def test_whichever_request_fails_money_moves_once(
    kind: str,
    number: int,
    gateway: StripeGateway,
    stripe: StripeServer,
    armed: Armed,
    journal: Journal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "lateness", lambda number, longest: 0.01)

    def fail() -> None:
        armed.add("stripe", PlannedFault(0, kind, number))

    fail()
    opened = gateway.open(charge())
    assert isinstance(opened, Opened)
    for _ in range(2):
        fail()
        fail()
        assert gateway.take(ORDER, opened.reference) is None
    assert sum(intent.kept for intent in stripe.books.of_orders()[ORDER]) == 500
    fail()
    fail()
    assert gateway.give_back(ORDER, opened.reference, 500) == 500
    assert sum(intent.kept for intent in stripe.books.of_orders()[ORDER]) == 0
    assert journal.counts() == {kind: 7}
    assert journal.orders_hit()[kind] == {ORDER}
