"""The default gateway: a ledger of our own, which needs no provider and no key."""

from __future__ import annotations

from ordering.errors import GatewayUnavailable
from ordering.payments.gateway import Charge, Declined, Opened

_OURS = "ledger-"

# Stripe's test payment methods that decline, with the decline codes of its API, so that every
# branch can be tried with either gateway:
# https://docs.stripe.com/testing?testing-method=payment-methods#declined-payments
_GENERIC = Declined("generic_decline", "Your card was declined.")
DECLINING = {
    "pm_card_visa_chargeDeclined": _GENERIC,
    "pm_card_chargeDeclined": _GENERIC,
    "pm_card_chargeCustomerFail": _GENERIC,
    "pm_card_visa_chargeDeclinedInsufficientFunds": Declined(
        "insufficient_funds", "Your card has insufficient funds."
    ),
    "pm_card_visa_chargeDeclinedLostCard": Declined("lost_card", "Your card was declined."),
    "pm_card_visa_chargeDeclinedStolenCard": Declined("stolen_card", "Your card was declined."),
    "pm_card_chargeDeclinedExpiredCard": Declined("expired_card", "Your card has expired."),
    "pm_card_chargeDeclinedIncorrectCvc": Declined(
        "incorrect_cvc", "Your card's security code is incorrect."
    ),
    "pm_card_chargeDeclinedProcessingError": Declined(
        "processing_error", "An error occurred while processing your card. Try again later."
    ),
    "pm_card_chargeDeclinedFraudulent": Declined("fraudulent", "Your card was declined."),
    "pm_card_radarBlock": Declined("fraudulent", "Your card was declined."),
    "pm_card_visa_chargeDeclinedVelocityLimitExceeded": Declined(
        "card_velocity_exceeded", "Your card was declined for making repeated attempts too often."
    ),
}


class Ledger:
    """Approves every payment method but Stripe's declining test methods.

    The money moves with the row that Payments writes, so there is nothing to do here twice.
    """

    opens_for_free = True

    def open(self, charge: Charge) -> Opened | Declined:
        """Approve or decline by the payment method alone."""
        declined = DECLINING.get(charge.payment_method)
        return declined or Opened(f"{_OURS}{charge.order_id}", taken=True)

    def take(self, order_id: str, reference: str) -> Declined | None:
        """Refuse: whatever is open was opened with another gateway."""
        raise _not_ours(order_id, reference)

    def give_back(self, order_id: str, reference: str, amount: int) -> int:
        """Do nothing: the row's state is the refund."""
        if not reference.startswith(_OURS):
            raise _not_ours(order_id, reference)
        return amount


def _not_ours(order_id: str, reference: str) -> GatewayUnavailable:
    return GatewayUnavailable(
        f"The payment {reference} of order {order_id} is not the ledger's. "
        "Set PAYMENT_GATEWAY to the gateway that it was made with."
    )
