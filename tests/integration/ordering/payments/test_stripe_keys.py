"""Idempotency keys: each for one attempt of one operation of one order."""

import time
from collections.abc import Callable

import pytest

from ordering.errors import GatewayUnavailable
from ordering.model import OrderRequest
from ordering.payments import stripe_gateway
from ordering.shop import Shop
from tests.integration.ordering.payments.fake_stripe import FakeStripe, Fault

Reserve = Callable[..., OrderRequest]

CREATE = "POST /v1/payment_intents$"
CONFIRM = "/confirm"
CANCEL = "/cancel"
REFUND = "POST /v1/refunds"
KEPT = [
    pytest.param({"status": 500, "kept": True}, id="not done"),
    pytest.param({"status": 500, "kept": True, "done": True}, id="done"),
]


@pytest.mark.parametrize(
    ("victim", "forger"),
    [
        ("v-1", "v-1-refund"),
        ("v-2", "v-2-confirm-1"),
        ("v-3", "v-3-cancel-1"),
        ("v-4", "v-4-create"),
        ("v", "v-5"),
        ("v-6", "v-6_refund"),
    ],
)
@pytest.mark.parametrize("forger_first", [True, False])
def test_no_order_id_blocks_the_money_of_another(
    stripe_shop: Shop,
    stripe: FakeStripe,
    reserve: Reserve,
    victim: str,
    forger: str,
    forger_first: bool,
) -> None:
    first, second = (forger, victim) if forger_first else (victim, forger)
    for order_id in (first, second):
        assert stripe_shop.payments.pay(reserve(order_id))["status"] == "charged"
    assert [stripe_shop.payments.refund(order_id) for order_id in (victim, forger)] == [500, 500]
    assert (stripe.account.taken, stripe.account.returned) == (1000, 1000)


def test_every_attempt_has_a_key_of_its_own_that_names_its_order_and_operation(
    stripe_shop: Shop, stripe: FakeStripe, reserve: Reserve
) -> None:
    placed = reserve("o-1")
    stripe.faults = [Fault(text, status=503) for text in (CREATE, CONFIRM, REFUND)]
    stripe_shop.payments.pay(placed)
    stripe_shop.payments.refund("o-1")
    keys = [str(seen.key) for seen in stripe.asked("POST")]
    assert len(keys) == len(set(keys)) == 6
    assert all(len(key) <= 255 for key in keys)
    operations = [twice for name in ("create", "confirm", "refund") for twice in (name, name)]
    assert [key.rpartition("/")[0] for key in keys] == [f"o-1/{name}" for name in operations]


@pytest.mark.parametrize("kept", KEPT)
@pytest.mark.parametrize("text", [CREATE, CONFIRM])
def test_a_kept_500_does_not_lose_a_charge(
    stripe_shop: Shop, stripe: FakeStripe, reserve: Reserve, text: str, kept: dict[str, bool]
) -> None:
    placed = reserve()
    stripe.faults = [Fault(text, **kept)]
    assert stripe_shop.payments.pay(placed)["invoice"]["total"] == 500
    assert stripe.account.taken == 500
    assert stripe.account.statuses().count("succeeded") == 1


@pytest.mark.parametrize("kept", KEPT)
def test_a_kept_500_does_not_keep_a_refund(
    stripe_shop: Shop, stripe: FakeStripe, reserve: Reserve, kept: dict[str, bool]
) -> None:
    stripe_shop.payments.pay(reserve())
    stripe.faults = [Fault(REFUND, **kept)]
    assert stripe_shop.payments.refund("o-1") == 500
    assert (stripe.account.returned, len(stripe.account.refunds)) == (500, 1)


@pytest.mark.parametrize("kept", KEPT)
def test_a_kept_500_does_not_keep_an_intent_alive(
    stripe_shop: Shop, stripe: FakeStripe, reserve: Reserve, kept: dict[str, bool]
) -> None:
    placed = reserve(payment_method="pm_card_chargeDeclined")
    stripe_shop.payments.pay(placed)
    stripe.faults = [Fault(CANCEL, **kept)]
    assert stripe_shop.payments.refund("o-1") == 0
    assert stripe.account.statuses() == ["canceled"]


@pytest.mark.parametrize("text", [CREATE, CONFIRM, REFUND])
def test_an_outage_burns_no_keys_of_later_tries(
    stripe_shop: Shop, stripe: FakeStripe, reserve: Reserve, text: str
) -> None:
    placed = reserve()
    if text == REFUND:
        stripe_shop.payments.pay(placed)
    act = stripe_shop.payments.refund if text == REFUND else stripe_shop.payments.pay
    argument = "o-1" if text == REFUND else placed
    for _ in range(2):
        stripe.faults = [Fault(text, status=500, kept=True)] * 10_000
        with pytest.raises(GatewayUnavailable, match="500"):
            act(argument)
    stripe.faults = []
    act(argument)
    assert stripe.account.kept == (0 if text == REFUND else 500)


@pytest.mark.parametrize("text", [CREATE, CONFIRM, REFUND])
def test_a_request_that_is_still_at_work_when_it_times_out_is_not_done_twice(
    monkeypatch: pytest.MonkeyPatch,
    open_stripe_shop: Callable[..., Shop],
    stripe: FakeStripe,
    reserve: Reserve,
    text: str,
) -> None:
    placed = reserve()
    monkeypatch.setattr(stripe_gateway, "TIMEOUT", 0.1)
    payments = open_stripe_shop().payments
    stripe.faults = [Fault(text, delay=0.3)]
    assert payments.pay(placed)["status"] == "charged"
    assert stripe.account.taken == 500
    assert payments.refund("o-1") == 500
    time.sleep(0.4)
    assert (stripe.account.taken, stripe.account.returned) == (500, 500)
    assert stripe.account.statuses().count("succeeded") == 1
