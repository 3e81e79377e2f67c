import pytest

from ordering.payments.gateway import Charge, Declined, Opened
from ordering.payments.ledger import Ledger


def charge(payment_method: str) -> Charge:
    return Charge("o-1", "ada", payment_method, 1700, "EUR")


@pytest.mark.parametrize("payment_method", ["pm_card_visa", "pm_1NxYzABC", "invoice me"])
def test_it_approves_any_payment_method(payment_method: str) -> None:
    answer = Ledger().open(charge(payment_method))
    assert answer == Opened("ledger-o-1", taken=True)


@pytest.mark.parametrize(
    ("payment_method", "code"),
    [
        ("pm_card_visa_chargeDeclined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "lost_card"),
        ("pm_card_visa_chargeDeclinedStolenCard", "stolen_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error"),
        ("pm_card_chargeDeclinedFraudulent", "fraudulent"),
        ("pm_card_visa_chargeDeclinedVelocityLimitExceeded", "card_velocity_exceeded"),
        ("pm_card_chargeCustomerFail", "generic_decline"),
    ],
)
def test_it_declines_the_test_methods_that_stripe_declines(payment_method: str, code: str) -> None:
    answer = Ledger().open(charge(payment_method))
    assert isinstance(answer, Declined) and answer.code == code and answer.message
