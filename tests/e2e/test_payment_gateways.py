"""The app that charges with Stripe, on a server that speaks Stripe's API."""

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.running_app import RunningApp, order_for
from tests.localstripe import running_localstripe
from tools.http_client import request

KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"


@pytest.fixture(scope="module")
def stripe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_localstripe(tmp_path_factory.mktemp("localstripe")) as base:
        yield base


@pytest.fixture(scope="module")
def stripe_app(start_app: Callable[..., RunningApp], stripe: str) -> RunningApp:
    return start_app(PAYMENT_GATEWAY="stripe", STRIPE_API_KEY=KEY, STRIPE_API_BASE=stripe)


def test_an_order_is_charged_by_stripe_and_its_invoice_names_the_intent(
    stripe_app: RunningApp, stripe: str
) -> None:
    body = order_for(stripe_app.stock(2, unit_price=1250), 2)
    stripe_app.place(body)
    invoice = stripe_app.wait_for_end(body["orderId"])["invoice"]
    url = f"{stripe}/v1/payment_intents/{invoice['paymentReference']}"
    intent = request("GET", url, headers={"Authorization": f"Bearer {KEY}"}).json()
    assert (intent["status"], intent["amount"], intent["currency"]) == ("succeeded", 2500, "eur")
    assert intent["metadata"] == {"order_id": body["orderId"]}
    assert KEY not in stripe_app.host.log


def test_an_order_that_stripe_declines_releases_its_stock(stripe_app: RunningApp) -> None:
    sku = stripe_app.stock(1)
    body = order_for(sku, paymentMethod="pm_card_chargeCustomerFail")
    stripe_app.place(body)
    ended = stripe_app.wait_for_end(body["orderId"])
    assert (ended["stage"], ended["invoice"]) == ("PaymentDeclined", None)
    assert "card_declined" in ended["reason"]
    assert stripe_app.available(sku) == 1


def test_an_unknown_gateway_takes_no_orders_and_the_log_says_why(
    start_app: Callable[..., RunningApp],
) -> None:
    app = start_app(PAYMENT_GATEWAY="paypal")
    answer = app.call("POST", "/api/orders", order_for("x"))
    assert answer.status == 503
    app.wait_for_log("PAYMENT_GATEWAY must be one of ledger, stripe", "not 'paypal'")
