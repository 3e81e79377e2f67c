"""Stripe's terms: its units of money, its refusals, its errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import stripe

from ordering.payments.gateway import Declined

# What Stripe counts otherwise than ISO 4217: https://docs.stripe.com/currencies#special-cases
# No decimals by ISO 4217, but two at Stripe.
_HUNDREDFOLD = {"ISK", "UGX"}
# Two decimals by ISO 4217, but none at Stripe.
_WHOLE = {"MGA"}
# Three decimals, of which the last must be 0.
_TENS = {"BHD", "JOD", "KWD", "OMR", "TND"}

_CUSTOMERS_OWN = {"payment_method", "amount", "currency"}
_TOLD = ("decline_code", "code", "message")


def stripe_amount(amount: int, currency: str) -> int | Declined:
    """Return an amount of minor units (ISO 4217) in Stripe's, to the last digit.

    Nothing is rounded, for a charge equals its invoice. Stripe itself knows the least and the
    most, which differ between currencies and accounts, and says so in its refusal.
    """
    if currency in _HUNDREDFOLD:
        return amount * 100
    step = 100 if currency in _WHOLE else 10 if currency in _TENS else 1
    if amount % step:
        return Declined(
            "invalid_amount",
            f"{amount} minor units of {currency} cannot be charged: Stripe charges this currency "
            f"in steps of {step} only.",
        )
    return amount // 100 if currency in _WHOLE else amount


def refused(error: stripe.StripeError) -> Declined | None:
    """Return the refusal that an error is if it is the customer's or the bank's, not ours."""
    customers_own = isinstance(error, stripe.InvalidRequestError) and error.param in _CUSTOMERS_OWN
    if not customers_own and not isinstance(error, stripe.CardError):
        return None
    body: Any = error.json_body
    return _declined(body["error"] if isinstance(body, dict) and "error" in body else {})


def last_refusal(intent: Any) -> Declined:
    """Return why the payment method of an intent was refused."""
    last = getattr(intent, "last_payment_error", None)
    return _declined({name: getattr(last, name, None) for name in _TOLD})


def is_passing(error: stripe.StripeError) -> bool:
    """Tell whether a request may succeed later. 409: one with the same key is under way."""
    status = error.http_status or 0
    return isinstance(error, stripe.APIConnectionError) or status in (409, 429) or status > 499


def why(error: stripe.StripeError) -> str:
    """Return a reason for a person that holds nothing secret."""
    # Not Stripe's own text of 401 and 403, which shows parts of the key.
    if error.http_status in (401, 403):
        return f"it answered {error.http_status}; is STRIPE_API_KEY right?"
    if error.http_status is None:
        return "it cannot be reached"
    code = error.code or type(error).__name__
    request_id = f", request {error.request_id}" if error.request_id else ""
    return f"it answered {error.http_status} ({code}{request_id})"


def _declined(error: Mapping[str, Any]) -> Declined:
    # The decline code is the bank's own, the code Stripe's: https://docs.stripe.com/declines/codes
    code = error.get("decline_code") or error.get("code") or "generic_decline"
    return Declined(str(code), str(error.get("message") or "Your card was declined."))
