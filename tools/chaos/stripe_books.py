"""What a Stripe of our own knows: intents, refunds, and the answer to every idempotency key.

As Stripe's PaymentIntents of API version 2024-06-20, as far as the shop uses them:
https://docs.stripe.com/api/payment_intents, https://docs.stripe.com/api/idempotent_requests
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

DECLINED = "pm_card_visa_chargeDeclined"
Answer = tuple[int, dict[str, Any]]


@dataclass
class Intent:
    """A payment: what it is over, how it stands, and how much of it was paid back."""

    id: str
    order_id: str
    amount: int
    currency: str
    payment_method: str
    status: str = "requires_confirmation"
    refunded: int = 0
    refusal: dict[str, Any] | None = None

    @property
    def kept(self) -> int:
        """The money that was taken and not given back, in minor units."""
        return self.amount - self.refunded if self.status == "succeeded" else 0

    def shown(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        return {
            "id": self.id,
            "object": "payment_intent",
            "amount": self.amount,
            "currency": self.currency,
            "status": self.status,
            "metadata": {"order_id": self.order_id},
            "last_payment_error": self.refusal,
        }


class StripeBooks:
    """Answers requests, one at a time."""

    def __init__(self) -> None:
        self.intents: dict[str, Intent] = {}
        self.refunds: list[dict[str, Any]] = []
        self._kept: dict[str, Answer] = {}
        self._numbers = itertools.count(1)

    def answer(self, method: str, path: str, form: dict[str, str], key: str = "") -> Answer:
        """Return status and body; the same key gets the same answer again, whatever it was."""
        if key and key in self._kept:
            return self._kept[key]
        answer = self._answer(method, path.strip("/").split("/")[1:], form)
        if key:
            self._kept[key] = answer
        return answer

    def fail(self, key: str) -> Answer:
        """Answer 500, and keep that for the key, as Stripe does."""
        answer = _error(500, "api_error", "made_up", "Something went wrong on Stripe's end.")
        if key:
            self._kept[key] = answer
        return answer

    def of_orders(self) -> dict[str, list[Intent]]:
        """Return the intents by order."""
        found: dict[str, list[Intent]] = {}
        for intent in list(self.intents.values()):
            found.setdefault(intent.order_id, []).append(intent)
        return found

    def _answer(self, method: str, parts: list[str], form: dict[str, str]) -> Answer:
        if parts == ["payment_intents"] and method == "POST":
            return self._create(form)
        if parts == ["refunds"]:
            return self._refund(form) if method == "POST" else self._list(form)
        if parts[:1] == ["payment_intents"] and len(parts) in (2, 3) and parts[1] in self.intents:
            intent = self.intents[parts[1]]
            if parts[2:] == ["confirm"]:
                return self._confirm(intent)
            if parts[2:] == ["cancel"]:
                return self._cancel(intent)
            return 200, intent.shown()
        return _error(404, "invalid_request_error", "resource_missing", "There is no such thing.")

    def _create(self, form: dict[str, str]) -> Answer:
        intent = Intent(
            f"pi_{next(self._numbers):08d}",
            form["metadata[order_id]"],
            int(form["amount"]),
            form["currency"],
            form["payment_method"],
        )
        self.intents[intent.id] = intent
        return 200, intent.shown()

    def _confirm(self, intent: Intent) -> Answer:
        if intent.status != "requires_confirmation":
            return _unexpected(intent)
        if intent.payment_method == DECLINED:
            intent.status = "requires_payment_method"
            status, body = _error(402, "card_error", "card_declined", "Your card was declined.")
            body["error"] |= {"decline_code": "generic_decline"}
            intent.refusal = dict(body["error"])
            return status, body
        intent.status = "succeeded"
        return 200, intent.shown()

    def _cancel(self, intent: Intent) -> Answer:
        if intent.status in ("succeeded", "canceled"):
            return _unexpected(intent)
        intent.status = "canceled"
        return 200, intent.shown()

    def _refund(self, form: dict[str, str]) -> Answer:
        intent = self.intents[form["payment_intent"]]
        if intent.status != "succeeded":
            return _unexpected(intent)
        if not intent.kept:
            return _error(400, "invalid_request_error", "charge_already_refunded", "Refunded.")
        refund = {
            "id": f"re_{next(self._numbers):08d}",
            "object": "refund",
            "amount": intent.kept,
            "status": "succeeded",
            "payment_intent": intent.id,
        }
        intent.refunded = intent.amount
        self.refunds.append(refund)
        return 200, refund

    def _list(self, form: dict[str, str]) -> Answer:
        wanted = form.get("payment_intent")
        found = [refund for refund in self.refunds if wanted in (None, refund["payment_intent"])]
        return 200, {"object": "list", "data": found, "has_more": False, "url": "/v1/refunds"}


def _unexpected(intent: Intent) -> Answer:
    text = f"This PaymentIntent is {intent.status}."
    return _error(400, "invalid_request_error", "payment_intent_unexpected_state", text)


def _error(status: int, kind: str, code: str, message: str) -> Answer:
    return status, {"error": {"type": kind, "code": code, "message": message}}
