"""What every gateway must do, tried with the ledger and with Stripe on localstripe."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ordering.model import OrderRequest
from ordering.payments.gateway import Gateway
from ordering.payments.ledger import Ledger
from ordering.payments.stripe_gateway import StripeGateway
from ordering.shop import Shop, open_shop
from tests.localstripe import running_localstripe

Order = Callable[..., OrderRequest]
Stock = Callable[..., None]

# The only test method that localstripe declines at a charge; test_stripe_gateway.py has the others.
DECLINED = "pm_card_chargeCustomerFail"


@pytest.fixture(scope="session")
def localstripe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Stripe-compatible server on a free port."""
    with running_localstripe(tmp_path_factory.mktemp("localstripe")) as base:
        yield base


@pytest.fixture(params=["ledger", "stripe"])
def gateway(request: pytest.FixtureRequest) -> Gateway:
    if request.param == "ledger":
        return Ledger()
    return StripeGateway("sk_test_local", request.getfixturevalue("localstripe"))


@pytest.fixture
def shop(storage: str, gateway: Gateway) -> Shop:
    return open_shop(storage, gateway)


@pytest.fixture
def reserved(shop: Shop, stock: Stock, order: Order) -> Callable[..., OrderRequest]:
    """Have an order hold its stock: two teas at 250."""

    def reserve(payment_method: str = "pm_card_visa") -> OrderRequest:
        stock("TEA", 5)
        placed = order("o-1", payment_method, TEA=2)
        assert shop.inventory.check_and_reserve(placed)
        return placed

    return reserve


Reserved = Callable[..., OrderRequest]


def test_a_charge_yields_an_invoice_with_the_gateway_s_reference(
    shop: Shop, reserved: Reserved, gateway: Gateway
) -> None:
    outcome = shop.payments.pay(reserved())
    assert outcome["status"] == "charged"
    assert outcome["invoice"]["total"] == 500
    prefix = "ledger-o-1" if isinstance(gateway, Ledger) else "pi_"
    assert outcome["invoice"]["paymentReference"].startswith(prefix)


def test_a_repeat_gives_the_same_invoice(shop: Shop, reserved: Reserved) -> None:
    placed = reserved()
    first = shop.payments.pay(placed)
    assert [shop.payments.pay(placed) for _ in range(2)] == [first, first]


def test_a_declined_charge_is_a_result_and_stays_declined(shop: Shop, reserved: Reserved) -> None:
    placed = reserved(DECLINED)
    first = shop.payments.pay(placed)
    assert first["status"] == "declined"
    # localstripe knows no decline codes, only the code above them.
    assert first["code"] in ("generic_decline", "card_declined")
    assert first["message"] == "Your card was declined."
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
    shop: Shop, stock: Stock, order: Order
) -> None:
    stock("GIFT", 5, unitPrice=0)
    placed = order("o-1", GIFT=1)
    assert shop.inventory.check_and_reserve(placed)
    outcome: dict[str, Any] = shop.payments.pay(placed)
    assert (outcome["status"], outcome["invoice"]["total"]) == ("charged", 0)
    assert shop.payments.refund("o-1") == 0
