"""How long Stripe is waited for, and how often it is asked."""

import pytest
import stripe

from ordering.errors import GatewayUnavailable
from ordering.payments.gateway import Charge
from ordering.payments.stripe_gateway import StripeGateway
from tests.integration.ordering.payments.fake_stripe import KEY, Fault, InProcess, Wire

CHARGE = Charge("o-1", "ada", "pm_card_visa", 500, "EUR")


def test_a_stripe_that_stays_away_is_asked_with_growing_pauses_for_twenty_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, pauses = 100.0, []

    def sleep(seconds: float) -> None:
        nonlocal now
        pauses.append(seconds)
        now += seconds

    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr("time.monotonic", lambda: now)
    monkeypatch.setattr("random.uniform", lambda least, most: most)
    wire = Wire()
    wire.faults = [Fault("v1", status=503)] * 100
    with pytest.raises(GatewayUnavailable, match="o-1"):
        StripeGateway(KEY, http_client=InProcess(wire)).open(CHARGE)
    assert pauses == pytest.approx([0.3, 0.6, 1.2, 2.4, 4, 4, 4])
    assert len(wire.seen) == len(pauses) + 1, "the package tries nothing again by itself"


def test_an_answer_is_waited_for_twenty_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    client = stripe.RequestsClient

    def made(timeout: float) -> stripe.HTTPClient:
        asked.append(timeout)
        return client(timeout=timeout)

    monkeypatch.setattr(stripe, "RequestsClient", made)
    StripeGateway(KEY)
    assert asked == [20]
