"""Stripe where it matters: lost answers, crashes in between, limits, and the key."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ordering.errors import GatewayUnavailable
from ordering.model import OrderRequest
from ordering.payments.stripe_gateway import StripeGateway
from ordering.shop import Shop, open_shop
from tests.integration.ordering.payments.conftest import QUICK
from tests.integration.ordering.payments.fake_stripe import KEY, FakeStripe, Fault

Order = Callable[..., OrderRequest]
Stock = Callable[..., None]

CREATE = "POST /v1/payment_intents$"
CONFIRM = "/confirm"


@pytest.fixture
def shop(stripe_shop: Shop) -> Shop:
    return stripe_shop


@pytest.fixture
def placed(reserve: Callable[..., OrderRequest]) -> OrderRequest:
    """An order that holds two teas at 250."""
    return reserve()


def test_an_intent_is_opened_for_the_order_then_confirmed(
    shop: Shop, stripe: FakeStripe, placed: OrderRequest
) -> None:
    assert shop.payments.pay(placed)["invoice"]["paymentReference"] == "pi_1"
    [created] = stripe.asked(CREATE)
    assert created.form == {
        "amount": "500",
        "currency": "eur",
        "payment_method": "pm_card_visa",
        "payment_method_types[0]": "card",
        "capture_method": "automatic",
        "metadata[order_id]": "o-1",
    }
    assert stripe.account.kept == 500


def test_every_request_names_the_version_of_the_api_it_is_written_for(
    shop: Shop, stripe: FakeStripe, placed: OrderRequest
) -> None:
    shop.payments.pay(placed)
    assert {seen.headers["stripe-version"] for seen in stripe.seen} == {"2024-06-20"}


class Gone(Exception):
    """The process ended here."""


class EndAt:
    """Ends the process just before its n-th request to the payments table.

    1 looks for the record, 2 writes it, 3 and 4 find it and make it a charge.
    """

    def __init__(self, nth: int) -> None:
        self.left = nth

    def __call__(self, request: Any) -> None:
        if "payments" in request.http_request.url or request.http_request.url.endswith("$batch"):
            self.left -= 1
            if self.left == 0:
                raise Gone


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
@pytest.mark.parametrize("a_day_later", [False, True])
def test_a_process_that_ends_anywhere_in_a_charge_charges_once(
    open_stripe_shop: Callable[..., Shop],
    shop: Shop,
    stripe: FakeStripe,
    placed: OrderRequest,
    nth: int,
    a_day_later: bool,
) -> None:
    shop.payments.refund("makes-the-table")
    with pytest.raises(Gone):
        open_stripe_shop(raw_request_hook=EndAt(nth)).payments.pay(placed)
    if a_day_later:
        stripe.forget_keys()
    invoice = shop.payments.pay(placed)["invoice"]
    assert stripe.account.kept == invoice["total"] == 500
    assert stripe.account.statuses().count("succeeded") == 1


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
def test_a_process_that_ends_anywhere_in_a_charge_leaves_nothing_that_a_refund_misses(
    open_stripe_shop: Callable[..., Shop],
    shop: Shop,
    stripe: FakeStripe,
    placed: OrderRequest,
    nth: int,
) -> None:
    shop.payments.refund("makes-the-table")
    with pytest.raises(Gone):
        open_stripe_shop(raw_request_hook=EndAt(nth)).payments.pay(placed)
    refunded = [shop.payments.refund("o-1") for _ in range(3)]
    assert refunded == [500 if nth > 2 else 0] * 3
    assert stripe.account.kept == 0
    assert shop.payments.pay(placed)["code"] == "order_closed"
    assert stripe.account.kept == 0


def test_the_intent_is_recorded_before_it_is_confirmed(
    open_stripe_shop: Callable[..., Shop], shop: Shop, stripe: FakeStripe, placed: OrderRequest
) -> None:
    shop.payments.refund("makes-the-table")
    with pytest.raises(Gone):
        open_stripe_shop(raw_request_hook=EndAt(2)).payments.pay(placed)
    assert (len(stripe.asked(CREATE)), stripe.asked(CONFIRM)) == (1, [])
    assert stripe.account.kept == 0


def test_an_order_that_is_closed_while_its_intent_is_opened_leaves_none_open(
    open_stripe_shop: Callable[..., Shop], shop: Shop, stripe: FakeStripe, placed: OrderRequest
) -> None:
    shop.payments.refund("makes-the-table")

    def refund_before_the_record(request: Any) -> None:
        if "payments" in request.http_request.url and request.http_request.method == "POST":
            shop.payments.refund("o-1")

    closing = open_stripe_shop(raw_request_hook=refund_before_the_record)
    assert closing.payments.pay(placed)["code"] == "order_closed"
    assert stripe.account.statuses() == ["canceled"]


LOST = [{"status": 429}, {"status": 500}, {"status": 409}, {}, {"done": True}]


@pytest.mark.parametrize(
    ("text", "trouble"),
    [(text, trouble) for text in (CREATE, CONFIRM, "GET /v1") for trouble in LOST],
)
def test_trouble_that_passes_is_waited_out_and_charges_once(
    shop: Shop, stripe: FakeStripe, placed: OrderRequest, text: str, trouble: dict[str, Any]
) -> None:
    stripe.faults = [Fault(text, **trouble)]
    assert shop.payments.pay(placed)["invoice"]["total"] == 500
    assert stripe.faults == []
    assert stripe.account.statuses().count("succeeded") == 1
    assert stripe.account.kept == 500


@pytest.mark.parametrize(
    ("payment_method", "code"),
    [
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
        ("pm_card_authenticationRequired", "authentication_required"),
        ("invoice me", "resource_missing"),
    ],
)
def test_a_refusal_is_a_result_with_stripe_s_code_and_repeats(
    shop: Shop, stripe: FakeStripe, stock: Stock, order: Order, payment_method: str, code: str
) -> None:
    stock("TEA", 5)
    made = order("o-1", payment_method, TEA=2)
    shop.inventory.check_and_reserve(made)
    first = shop.payments.pay(made)
    assert (first["status"], first["code"]) == ("declined", code)
    assert first["message"]
    stripe.forget_keys()
    assert shop.payments.pay(made) == first
    assert len(stripe.asked(CONFIRM)) <= 1, "a declined card is not tried again"
    assert shop.payments.refund("o-1") == 0
    assert set(stripe.account.statuses()) <= {"canceled"}


def test_charges_at_once_charge_once(shop: Shop, stripe: FakeStripe, placed: OrderRequest) -> None:
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: shop.payments.pay(placed), range(8)))
    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert stripe.account.kept == 500


def test_a_charge_and_a_refund_at_once_keep_no_money(
    shop: Shop, stripe: FakeStripe, placed: OrderRequest
) -> None:
    def pay_or_refund(number: int) -> object:
        return shop.payments.refund("o-1") if number % 2 else shop.payments.pay(placed)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(pay_or_refund, range(8)))
    shop.payments.refund("o-1")
    assert stripe.account.kept == 0
    assert shop.payments.pay(placed)["status"] == "declined"
    assert stripe.account.kept == 0


def test_trouble_that_does_not_pass_is_reported_for_a_later_try(
    shop: Shop, stripe: FakeStripe, placed: OrderRequest
) -> None:
    stripe.faults = [Fault("v1", status=503)] * 10_000
    with pytest.raises(GatewayUnavailable, match=r"order o-1.*503.*req_123"):
        shop.payments.pay(placed)
    stripe.faults = []
    assert shop.payments.pay(placed)["status"] == "charged"


def test_a_stripe_that_is_away_is_reported(
    storage: str, stripe: FakeStripe, placed: OrderRequest
) -> None:
    away = open_shop(storage, StripeGateway(KEY, "http://127.0.0.1:9", QUICK))
    with pytest.raises(GatewayUnavailable, match="cannot be reached"):
        away.payments.pay(placed)


def test_a_refused_key_is_reported_at_once_and_never_shown(
    storage: str, stripe: FakeStripe, placed: OrderRequest, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = open_shop(storage, StripeGateway(KEY + "x", stripe.base, QUICK))
    with pytest.raises(GatewayUnavailable, match="STRIPE_API_KEY") as caught:
        wrong.payments.pay(placed)
    assert len(stripe.seen) == 1
    assert "sk_test" not in str(caught.value)


def test_the_key_is_in_no_log_line(
    shop: Shop, stripe: FakeStripe, placed: OrderRequest, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stripe.faults = [Fault(CREATE, status=500), Fault(CONFIRM)]
    shop.payments.pay(placed)
    shop.payments.refund("o-1")
    assert caplog.records
    assert all(KEY not in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "500"), ("ISK", "50000"), ("EUR", "500")])
def test_amounts_are_written_as_stripe_writes_the_currency(
    shop: Shop, stripe: FakeStripe, stock: Stock, order: Order, currency: str, amount: str
) -> None:
    stock("TEA", 5, currency=currency)
    made = order("o-1", TEA=2)
    shop.inventory.check_and_reserve(made)
    assert shop.payments.pay(made)["invoice"]["total"] == 500
    assert stripe.seen[0].form["amount"] == amount
