"""Stripe's units: what is sent is what the invoice says, or it is declined in plain words."""

import pytest

from ordering.payments.gateway import Charge, Declined
from ordering.payments.stripe_terms import stripe_amount
from tests.unit.ordering.payments.worlds import World

ZERO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW PYG RWF VND VUV XAF XOF XPF".split()
THREE_DECIMALS = "BHD JOD KWD OMR TND".split()


@pytest.mark.parametrize("currency", ["EUR", "USD", "HUF", "TWD", *ZERO_DECIMALS])
def test_most_currencies_have_the_minor_units_of_iso_4217(currency: str) -> None:
    assert stripe_amount(1234, currency) == 1234


@pytest.mark.parametrize("currency", ["ISK", "UGX"])
def test_two_currencies_without_decimals_are_sent_with_two(currency: str) -> None:
    assert stripe_amount(1234, currency) == 123400


def test_one_currency_with_decimals_is_sent_without() -> None:
    assert stripe_amount(1200, "MGA") == 12


@pytest.mark.parametrize("currency", THREE_DECIMALS)
def test_three_decimals_are_sent_as_they_are(currency: str) -> None:
    assert stripe_amount(5120, currency) == 5120


@pytest.mark.parametrize(
    ("amount", "currency"), [(1234, "MGA"), *((5124, currency) for currency in THREE_DECIMALS)]
)
def test_what_stripe_cannot_charge_exactly_is_declined_and_not_rounded(
    amount: int, currency: str
) -> None:
    answer = stripe_amount(amount, currency)
    assert isinstance(answer, Declined)
    assert answer.code == "invalid_amount"
    assert str(amount) in answer.message and currency in answer.message


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        (49, "EUR", "amount_too_small"),
        (100_000_000, "EUR", "amount_too_large"),
        (1_000_000, "ISK", "amount_too_large"),
        (5 * 10**14, "EUR", "amount_too_large"),
        (1235, "KWD", "invalid_amount"),
    ],
)
def test_an_amount_outside_of_stripe_s_limits_is_the_customer_s_decline(
    amount: int, currency: str, code: str
) -> None:
    world = World()
    answer = world.gateway.open(Charge("o-1", "ada", "pm_card_visa", amount, currency))
    assert isinstance(answer, Declined)
    assert (answer.code, bool(answer.message)) == (code, True)
    assert world.account.intents == {}


@pytest.mark.parametrize(("amount", "currency"), [(1230, "KWD"), (700, "ISK"), (99_999_999, "EUR")])
def test_an_amount_that_stripe_takes_is_opened(amount: int, currency: str) -> None:
    answer = World().gateway.open(Charge("o-1", "ada", "pm_card_visa", amount, currency))
    assert not isinstance(answer, Declined)
