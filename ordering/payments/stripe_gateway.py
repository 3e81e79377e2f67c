"""Stripe as the gateway: PaymentIntents, written down before they are confirmed.

An intent is opened with the order id as its idempotency key, its id is recorded, and only then is
it confirmed. Whatever breaks off in between, the next try finds the recorded intent and asks for
its state before it does anything, and one intent takes money once:
https://docs.stripe.com/payments/paymentintents/lifecycle
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import stripe

from ordering.backoff import Backoff
from ordering.errors import Contention, GatewayUnavailable, OrderClosed
from ordering.payments.gateway import Approved, Charge, Declined, Record

# Of the wire, whichever version of the package is installed: later ones renamed what is sent here.
API_VERSION = "2024-06-20"
# Seconds. Stripe's own default of 80 is longer than an activity should hold a thread.
TIMEOUT = 20.0
PATIENCE = Backoff(first=0.3, longest=4.0, total=20.0)

# Written without decimals by ISO 4217, but with two by Stripe:
# https://docs.stripe.com/currencies#special-cases
_HUNDREDFOLD = ("ISK", "UGX")
_TOLD = ("decline_code", "code", "message")
_CUSTOMERS_OWN = ("payment_method", "amount", "currency")

Result = TypeVar("Result")


class Again(Exception):
    """The request may succeed later; says why."""


class StripeGateway:
    """Charges cards with Stripe. Safe to share between threads.

    Network errors, 429 and 5xx are retried with backoff; what lasts longer raises
    GatewayUnavailable. The key is in no error and no log line.
    """

    def __init__(
        self, api_key: str, api_base: str | None = None, backoff: Backoff = PATIENCE
    ) -> None:
        self._backoff = backoff
        client = stripe.StripeClient(
            api_key,
            stripe_version=API_VERSION,
            base_addresses={"api": api_base} if api_base else {},
            # Retried here, where the state of the intent is looked at in between.
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=TIMEOUT),
        )
        self._intents = client.v1.payment_intents
        self._refunds = client.v1.refunds

    def charge(self, charge: Charge, record: Record) -> Approved | Declined:
        """Open an intent, write it down, confirm it; an order that costs nothing needs none."""
        if charge.amount == 0:
            return Approved(f"free-{charge.order_id}")
        reference = record.find()
        if reference is None:
            opened = self._open(charge)
            if isinstance(opened, Declined):
                return opened
            try:
                reference = record.write(opened)
            except OrderClosed:
                self.void(charge.order_id, opened, charge.amount)
                raise
        return self._confirm(charge.order_id, reference)

    def refund(self, order_id: str, reference: str, amount: int) -> None:
        """Refund all of an intent; one that is refunded already stays as it is."""
        if amount == 0:
            return

        def attempt(number: int) -> None:
            try:
                self._refunds.create(
                    {"payment_intent": reference, "metadata": {"order_id": order_id}},
                    {"idempotency_key": f"{order_id}-refund"},
                )
            except stripe.InvalidRequestError as error:
                # Stripe forgets idempotency keys after a day or more, but not refunds.
                if error.code != "charge_already_refunded":
                    raise

        self._try(f"refunding order {order_id}", attempt)

    def void(self, order_id: str, reference: str, amount: int) -> int:
        """Cancel an intent, or refund it if it was confirmed before that; return what went back."""

        def attempt(number: int) -> bool:
            status = self._intents.retrieve(reference).status
            if status == "processing":
                raise Again("the payment is still being processed")
            if status in ("succeeded", "canceled"):
                return status == "succeeded"
            try:
                key = f"{order_id}-cancel-{number}"
                self._intents.cancel(reference, {}, {"idempotency_key": key})
            except stripe.InvalidRequestError as error:
                raise Again("the payment changed meanwhile") from error
            return False

        if not self._try(f"voiding the payment of order {order_id}", attempt):
            return 0
        self.refund(order_id, reference, amount)
        return amount

    def _open(self, charge: Charge) -> str | Declined:
        # The package's types are those of its own API version.
        wanted: Any = {
            "amount": _amount(charge),
            "currency": charge.currency.lower(),
            "payment_method": charge.payment_method,
            "payment_method_types": ["card"],
            "metadata": {"order_id": charge.order_id},
        }

        def attempt(number: int) -> str | Declined:
            try:
                intent = self._intents.create(wanted, {"idempotency_key": charge.order_id})
            except stripe.InvalidRequestError as error:
                if not (error.param or "").startswith(_CUSTOMERS_OWN):
                    raise
                return _declined(_told(error))
            return intent.id

        return self._try(f"opening the payment of order {charge.order_id}", attempt)

    def _confirm(self, order_id: str, reference: str) -> Approved | Declined:
        def attempt(number: int) -> Approved | Declined:
            intent = self._intents.retrieve(reference)
            if intent.status == "requires_confirmation":
                try:
                    # Another key each time: Stripe repeats the answer to a key, a 500 too.
                    key = f"{order_id}-confirm-{number}"
                    intent = self._intents.confirm(reference, {}, {"idempotency_key": key})
                except stripe.CardError as error:
                    return _declined(_told(error))
                except stripe.InvalidRequestError as error:
                    raise Again("the payment changed meanwhile") from error
            return _outcome(intent)

        return self._try(f"charging order {order_id}", attempt)

    def _try(self, what: str, attempt: Callable[[int], Result]) -> Result:
        why = ""
        try:
            for number in self._backoff.attempts(what):
                try:
                    return attempt(number)
                except Again as again:
                    why = str(again)
                except stripe.StripeError as error:
                    why = _why(error)
                    if not _is_passing(error):
                        break
        except Contention:
            pass
        raise GatewayUnavailable(f"Stripe failed at {what}: {why}.")


def _outcome(intent: Any) -> Approved | Declined:
    if intent.status == "succeeded":
        return Approved(str(intent.id))
    if intent.status == "canceled":
        raise OrderClosed(f"The payment {intent.id} was cancelled.")
    if intent.status == "requires_action":
        return Declined(
            "authentication_required",
            "The card asks its owner to authenticate, which an order in the background cannot do.",
        )
    if intent.status == "requires_payment_method":
        last = getattr(intent, "last_payment_error", None)
        return _declined({name: getattr(last, name, None) for name in _TOLD})
    raise Again(f"the payment is {intent.status}")


def _told(error: stripe.StripeError) -> Mapping[str, Any]:
    body: Any = error.json_body
    return body["error"] if isinstance(body, dict) and "error" in body else {}


def _declined(error: Mapping[str, Any]) -> Declined:
    # The decline code is the bank's own, the code Stripe's: https://docs.stripe.com/declines/codes
    code = error.get("decline_code") or error.get("code") or "generic_decline"
    return Declined(str(code), str(error.get("message") or "Your card was declined."))


def _amount(charge: Charge) -> int:
    return charge.amount * (100 if charge.currency in _HUNDREDFOLD else 1)


def _is_passing(error: stripe.StripeError) -> bool:
    status = error.http_status
    # 409: a request under the same idempotency key is under way.
    return (
        isinstance(error, stripe.APIConnectionError) or status in (409, 429) or (status or 0) > 499
    )


def _why(error: stripe.StripeError) -> str:
    # Not Stripe's own text of 401 and 403, which shows parts of the key.
    if error.http_status in (401, 403):
        return f"it answered {error.http_status}; is STRIPE_API_KEY right?"
    if error.http_status is None:
        return "it cannot be reached"
    code = error.code or type(error).__name__
    request_id = f", request {error.request_id}" if error.request_id else ""
    return f"it answered {error.http_status} ({code}{request_id})"
