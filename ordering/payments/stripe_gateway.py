"""Stripe as the gateway: PaymentIntents, recorded before they are confirmed.

Stripe keeps the answer to an idempotency key for a day or more, a 500 too, so a key serves one
attempt of one operation and no more. What makes repeats safe is the intent itself: each attempt
looks at its state first, one intent takes money once, and Stripe never pays back more than was
taken. An intent whose answer got lost before it was recorded is never confirmed; it stays behind
as "incomplete", found by `metadata.order_id`, and does no harm.
https://docs.stripe.com/payments/paymentintents/lifecycle
https://docs.stripe.com/api/idempotent_requests
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import uuid4

import stripe

from ordering.errors import Contention, GatewayUnavailable, OrderClosed
from ordering.payments.gateway import Charge, Declined, Opened
from ordering.payments.stripe_terms import is_passing, last_refusal, refused, stripe_amount, why
from ordering.retrying import Pace, retry

# Of the wire, whichever version of the package is installed: later ones renamed what is sent here.
API_VERSION = "2024-06-20"
# Seconds. Stripe's own default of 80 is longer than an activity should hold a thread.
TIMEOUT = 20.0
PATIENCE = Pace(first=0.3, longest=4.0, total=20.0)

_NO_MONEY_BACK = ("failed", "canceled")
# Somebody else was quicker.
_CHANGED = ("payment_intent_unexpected_state", "charge_already_refunded")

Result = TypeVar("Result")


class Again(Exception):
    """The request may succeed later; says why."""


class StripeGateway:
    """Charges cards with Stripe. Safe to share between threads.

    Network errors, 409, 429 and 5xx are tried again; what lasts longer raises GatewayUnavailable.
    The API key is in no error and no log line.
    """

    opens_for_free = False

    def __init__(
        self,
        api_key: str,
        api_base: str | None = None,
        pace: Pace = PATIENCE,
        http_client: stripe.HTTPClient | None = None,
    ) -> None:
        self._pace = pace
        client = stripe.StripeClient(
            api_key,
            stripe_version=API_VERSION,
            base_addresses={"api": api_base} if api_base else {},
            # Tried again here, where the state of the intent is looked at in between.
            max_network_retries=0,
            http_client=http_client or stripe.RequestsClient(timeout=TIMEOUT),
        )
        self._intents = client.v1.payment_intents
        self._refunds = client.v1.refunds

    def open(self, charge: Charge) -> Opened | Declined:
        """Create an intent; an order that costs nothing needs none."""
        if charge.amount == 0:
            return Opened(f"free-{charge.order_id}", taken=True)
        amount = stripe_amount(charge.amount, charge.currency)
        if isinstance(amount, Declined):
            return amount
        # The package's types are those of its own API version.
        wanted: Any = {
            "amount": amount,
            "currency": charge.currency.lower(),
            "payment_method": charge.payment_method,
            "payment_method_types": ["card"],
            "capture_method": "automatic",
            "metadata": {"order_id": charge.order_id},
        }

        def attempt() -> Opened | Declined:
            try:
                intent = self._intents.create(wanted, _once("create", charge.order_id))
            except (stripe.CardError, stripe.InvalidRequestError) as error:
                refusal = refused(error)
                if refusal is None:
                    raise
                return refusal
            return Opened(intent.id)

        return self._persist(f"opening the payment of order {charge.order_id}", attempt)

    def take(self, order_id: str, reference: str) -> Declined | None:
        """Confirm an intent that is not confirmed yet; tell how it ended."""

        def attempt() -> Declined | None:
            intent = self._intents.retrieve(reference)
            if intent.status == "requires_confirmation":
                try:
                    intent = self._intents.confirm(reference, {}, _once("confirm", order_id))
                except (stripe.CardError, stripe.InvalidRequestError) as error:
                    refusal = refused(error)
                    if refusal is None:
                        raise _meanwhile(error) from None
                    return refusal
            return _ending(intent)

        return self._persist(f"charging order {order_id}", attempt)

    def give_back(self, order_id: str, reference: str, amount: int) -> int:
        """Cancel an intent, or refund what of it is not refunded yet if it has succeeded.

        A refund that is pending counts as made. One that fails later shows in Stripe's dashboard
        only: the customer must then be paid in another way.
        """
        if amount == 0:
            return 0

        def attempt() -> int:
            intent = self._intents.retrieve(reference)
            if intent.status == "succeeded":
                self._refund(order_id, intent)
                return amount
            if intent.status == "processing":
                raise Again("the payment is still being processed")
            if intent.status != "canceled":
                try:
                    self._intents.cancel(reference, {}, _once("cancel", order_id))
                except stripe.InvalidRequestError as error:
                    raise _meanwhile(error) from None
            return 0

        return self._persist(f"giving back the payment of order {order_id}", attempt)

    def _refund(self, order_id: str, intent: Any) -> None:
        made = self._refunds.list({"payment_intent": intent.id, "limit": 100}).auto_paging_iter()
        if sum(refund.amount for refund in made if refund.status not in _NO_MONEY_BACK) >= (
            intent.amount
        ):
            return
        try:
            # Without an amount: all that is left.
            refund = self._refunds.create(
                {"payment_intent": intent.id, "metadata": {"order_id": order_id}},
                _once("refund", order_id),
            )
        except stripe.InvalidRequestError as error:
            raise _meanwhile(error) from None
        if refund.status in _NO_MONEY_BACK:
            raise GatewayUnavailable(
                f"Stripe's refund {refund.id} of order {order_id} failed. Pay the money back by "
                "hand."
            )

    def _persist(self, what: str, attempt: Callable[[], Result]) -> Result:
        def guarded() -> Result:
            try:
                return attempt()
            except stripe.StripeError as error:
                if is_passing(error):
                    raise Again(why(error)) from None
                raise GatewayUnavailable(f"Stripe failed at {what}: {why(error)}.") from None

        try:
            return retry(what, guarded, on=Again, pace=self._pace)
        except Contention as error:
            raise GatewayUnavailable(f"Stripe failed at {what}: {error.__cause__}.") from None


def _ending(intent: Any) -> Declined | None:
    if intent.status == "succeeded":
        return None
    if intent.status == "canceled":
        raise OrderClosed(f"The payment {intent.id} was cancelled.")
    if intent.status == "requires_action":
        return Declined(
            "authentication_required",
            "The card asks its owner to authenticate, which an order in the background cannot do.",
        )
    if intent.status == "requires_payment_method":
        return last_refusal(intent)
    raise Again(f"the payment is {intent.status}")


def _once(operation: str, order_id: str) -> Any:
    # '/' is in no order id, and the rest of the key is random: nobody can forge another's.
    return {"idempotency_key": f"{order_id}/{operation}/{uuid4()}"}


def _meanwhile(error: stripe.StripeError) -> Exception:
    """Return the error itself, unless it says that the intent has another state by now."""
    if error.code in _CHANGED:
        return Again("the payment changed meanwhile")
    return error
