"""Refunds: all of the money goes back, once, whatever was refunded before."""

from collections.abc import Callable

import pytest

from ordering.errors import GatewayUnavailable
from ordering.model import OrderRequest
from ordering.shop import Shop
from tests.integration.ordering.payments.fake_stripe import FakeStripe, Fault
from tests.integration.ordering.payments.stripe_account import SLOW

Reserve = Callable[..., OrderRequest]

REFUND = "POST /v1/refunds"


@pytest.fixture
def paid(stripe_shop: Shop, reserve: Reserve) -> OrderRequest:
    placed = reserve()
    assert stripe_shop.payments.pay(placed)["status"] == "charged"
    return placed


@pytest.mark.parametrize("parts", [[100], [100, 50, 20, 30, 5], [500]])
def test_what_a_person_refunded_by_hand_is_not_refunded_again(
    stripe_shop: Shop, stripe: FakeStripe, paid: OrderRequest, parts: list[int]
) -> None:
    for part in parts:
        stripe.account.refund_by_hand("pi_1", part)
    assert [stripe_shop.payments.refund("o-1") for _ in range(2)] == [500, 500]
    assert stripe.account.returned == 500
    by_hand = len(parts) if sum(parts) == 500 else len(parts) + 1
    assert len(stripe.account.refunds) == by_hand


@pytest.mark.parametrize("end", ["failed", "canceled"])
def test_a_refund_that_failed_before_is_made_again(
    stripe_shop: Shop, stripe: FakeStripe, paid: OrderRequest, end: str
) -> None:
    stripe.account.next_refund = [end]
    stripe.account.refund_by_hand("pi_1", 500)
    assert stripe_shop.payments.refund("o-1") == 500
    assert stripe.account.returned == 500


@pytest.mark.parametrize("end", ["failed", "canceled"])
def test_a_refund_that_fails_is_not_called_refunded(
    stripe_shop: Shop, stripe: FakeStripe, paid: OrderRequest, end: str
) -> None:
    stripe.account.next_refund = [end]
    with pytest.raises(GatewayUnavailable, match=r"re_1 of order o-1 failed.*by hand"):
        stripe_shop.payments.refund("o-1")
    assert stripe_shop.payments.state_of("o-1") == "closing"
    assert len(stripe.account.refunds) == 1
    assert stripe_shop.payments.pay(paid)["code"] == "order_closed"
    assert stripe_shop.payments.refund("o-1") == 500
    assert stripe.account.returned == 500


def test_a_pending_refund_is_not_made_again(
    stripe_shop: Shop, stripe: FakeStripe, paid: OrderRequest
) -> None:
    stripe.account.next_refund = ["pending"]
    stripe.faults = [Fault(REFUND, done=True)]
    assert stripe_shop.payments.refund("o-1") == 500
    assert len(stripe.account.refunds) == 1


@pytest.mark.parametrize("trouble", [{"status": 429}, {"status": 500}, {}, {"done": True}])
@pytest.mark.parametrize("text", [REFUND, "GET /v1/refunds", "GET /v1/payment_intents"])
def test_a_refund_whose_answer_was_lost_is_not_done_twice(
    stripe_shop: Shop,
    stripe: FakeStripe,
    paid: OrderRequest,
    text: str,
    trouble: dict[str, int],
) -> None:
    stripe.faults = [Fault(text, **trouble)]
    assert stripe_shop.payments.refund("o-1") == 500
    assert len(stripe.account.refunds) == 1
    wanted = {"payment_intent": "pi_1", "metadata[order_id]": "o-1"}
    assert all(seen.form == wanted for seen in stripe.asked(REFUND))


def test_a_refund_that_was_made_a_day_ago_is_not_made_again(
    stripe_shop: Shop, stripe: FakeStripe, paid: OrderRequest
) -> None:
    stripe.account.refund_by_hand("pi_1", 500)
    stripe.forget_keys()
    assert stripe_shop.payments.refund("o-1") == 500
    assert stripe.account.kept == 0


def test_a_payment_that_is_processing_is_waited_for(
    stripe_shop: Shop, stripe: FakeStripe, reserve: Reserve
) -> None:
    placed = reserve(payment_method=SLOW)
    assert stripe_shop.payments.pay(placed)["status"] == "charged"
    assert stripe.account.taken == 500


def test_a_payment_that_keeps_processing_is_neither_charged_nor_refunded_yet(
    stripe_shop: Shop, stripe: FakeStripe, reserve: Reserve
) -> None:
    placed = reserve(payment_method=SLOW)
    stripe.faults = [Fault("GET /v1/payment_intents/pi_1", status=503)]
    stripe_shop.payments.pay(placed)
    stripe.account.intents["pi_1"] |= {"status": "processing", "looks": 10**6}
    with pytest.raises(GatewayUnavailable, match="still being processed"):
        stripe_shop.payments.refund("o-1")
    assert stripe_shop.payments.state_of("o-1") == "closing"
    stripe.account.intents["pi_1"]["status"] = "succeeded"
    assert stripe_shop.payments.refund("o-1") == 500
    assert stripe.account.kept == 0


def test_an_amount_that_is_only_authorised_is_let_go(
    stripe_shop: Shop, stripe: FakeStripe, reserve: Reserve
) -> None:
    stripe_shop.payments.pay(reserve(payment_method="pm_card_authenticationRequired"))
    stripe.account.intents["pi_1"]["status"] = "requires_capture"
    assert stripe_shop.payments.refund("o-1") == 0
    assert stripe.account.statuses() == ["canceled"]
