"""What every gateway must do, tried with the ledger and with Stripe on localstripe."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from ordering import settings
from ordering.model import OrderRequest
from ordering.payments.gateway import Gateway
from ordering.payments.ledger import Ledger
from ordering.payments.stripe_gateway import StripeGateway
from ordering.shop import Shop, open_shop
from tests.localstripe import running_localstripe

Order = Callable[..., OrderRequest]
Stock = Callable[..., None]


@dataclass(frozen=True)
class Tried:
    """A gateway, a payment method that it takes and one that it declines."""

    make: Callable[[pytest.FixtureRequest], Gateway]
    reference: str
    taken: str = "pm_card_visa"
    # The only one that localstripe declines at a charge; test_stripe_gateway.py has the others.
    declined: str = "pm_card_chargeCustomerFail"


TRIED = {
    "ledger": Tried(lambda _: Ledger(), "ledger-o-1"),
    "stripe": Tried(
        lambda request: StripeGateway("sk_test_local", request.getfixturevalue("localstripe")),
        "pi_",
    ),
}


@pytest.fixture(scope="session")
def localstripe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Stripe-compatible server on a free port."""
    with running_localstripe(tmp_path_factory.mktemp("localstripe")) as base:
        yield base


@pytest.fixture(params=TRIED.values(), ids=TRIED)
def tried(request: pytest.FixtureRequest) -> Tried:
    found: Tried = request.param
    return found


@pytest.fixture
def shop(storage: str, tried: Tried, request: pytest.FixtureRequest) -> Shop:
    return open_shop(storage, tried.make(request))


def test_every_gateway_that_the_settings_know_is_tried() -> None:
    assert tuple(TRIED) == settings.GATEWAYS


@pytest.fixture
def reserved(shop: Shop, tried: Tried, stock: Stock, order: Order) -> Callable[..., OrderRequest]:
    """Have an order hold its stock: two teas at 250."""

    def reserve(payment_method: str = tried.taken) -> OrderRequest:
        stock("TEA", 5)
        placed = order("o-1", payment_method, TEA=2)
        assert shop.inventory.check_and_reserve(placed)
        return placed

    return reserve


Reserved = Callable[..., OrderRequest]


def test_a_charge_yields_an_invoice_with_the_gateway_s_reference(
    shop: Shop, reserved: Reserved, tried: Tried
) -> None:
    outcome = shop.payments.pay(reserved())
    assert outcome["status"] == "charged"
    assert outcome["invoice"]["total"] == 500
    assert outcome["invoice"]["paymentReference"].startswith(tried.reference)


def test_a_repeat_gives_the_same_invoice(shop: Shop, reserved: Reserved) -> None:
    placed = reserved()
    first = shop.payments.pay(placed)
    assert [shop.payments.pay(placed) for _ in range(2)] == [first, first]


def test_a_declined_charge_is_a_result_and_stays_declined(
    shop: Shop, reserved: Reserved, tried: Tried
) -> None:
    placed = reserved(tried.declined)
    first = shop.payments.pay(placed)
    assert first["status"] == "declined"
    assert first["code"] and first["message"]
    assert shop.payments.pay(placed) == first
    assert shop.payments.refund("o-1") == 0
    assert shop.payments.pay(placed)["status"] == "declined"


def test_a_refund_happens_once_and_nothing_is_charged_after_it(
    shop: Shop, reserved: Reserved
) -> None:
    placed = reserved()
    shop.payments.pay(placed)
    assert [shop.payments.refund("o-1") for _ in range(3)] == [500, 500, 500]
    assert shop.payments.pay(placed)["code"] == "order_closed"


def test_nothing_is_charged_after_a_refund_that_found_no_charge(
    shop: Shop, reserved: Reserved
) -> None:
    placed = reserved()
    assert shop.payments.refund("o-1") == 0
    assert shop.payments.pay(placed)["code"] == "order_closed"
    assert shop.payments.refund("o-1") == 0


def test_an_order_that_costs_nothing_is_charged_nothing(
    shop: Shop, tried: Tried, stock: Stock, order: Order
) -> None:
    stock("GIFT", 5, unitPrice=0)
    placed = order("o-1", tried.taken, GIFT=1)
    assert shop.inventory.check_and_reserve(placed)
    outcome: dict[str, Any] = shop.payments.pay(placed)
    assert (outcome["status"], outcome["invoice"]["total"]) == ("charged", 0)
    assert shop.payments.refund("o-1") == 0
