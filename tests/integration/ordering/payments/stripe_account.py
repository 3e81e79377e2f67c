"""The part of Stripe's API that charges, in memory: its objects and its rules.

Written after https://docs.stripe.com/api/payment_intents, /api/refunds, /error-low-level and
/currencies. Only what a client of ours sends is known; the rest is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ordering.payments.ledger import DECLINING

# A payment method of ours: its intent is processing until it was looked at twice.
SLOW = "pm_slow"
LEAST, MOST = 50, 99_999_999
Object = dict[str, Any]
Form = dict[str, str]


class Refusal(Exception):
    """An error of the API; `begun` if the work had, so that the answer is kept."""

    def __init__(self, status: int, begun: bool = True, **error: Any) -> None:
        super().__init__(status)
        self.status, self.begun, self.body = status, begun, {"error": error}


def invalid(code: str, param: str = "", message: str = "", begun: bool = True) -> Refusal:
    error = {"code": code, "param": param, "message": message or code}
    return Refusal(400, begun, type="invalid_request_error", **error)


@dataclass
class StripeAccount:
    """The intents, charges and refunds of one API key.

    `next_refund`: how the next refunds end, if not as succeeded.
    """

    intents: dict[str, Object] = field(default_factory=dict)
    charges: list[Object] = field(default_factory=list)
    refunds: list[Object] = field(default_factory=list)
    next_refund: list[str] = field(default_factory=list)

    @property
    def taken(self) -> int:
        """What customers were charged, whatever went back."""
        return sum(charge["amount"] for charge in self.charges)

    @property
    def returned(self) -> int:
        """What went back to customers or is on its way."""
        return sum(refund["amount"] for refund in self.refunds if _counts(refund))

    @property
    def kept(self) -> int:
        return self.taken - self.returned

    def statuses(self) -> list[str]:
        return [intent["status"] for intent in self.intents.values()]

    def refund_by_hand(self, intent_id: str, amount: int) -> None:
        """Do what a person does in Stripe's dashboard."""
        self._refund({"payment_intent": intent_id, "amount": str(amount)})

    def serve(self, method: str, path: str, form: Form) -> Object:
        """Do what a request asks for; raises Refusal."""
        parts = path.strip("/").split("/")[1:]
        routes: dict[tuple[str, str], Callable[[Form], Object]] = {
            ("POST", "refunds"): self._refund,
            ("GET", "refunds"): self._list,
            ("POST", "payment_intents"): self._create,
        }
        if len(parts) == 1:
            return routes[method, parts[0]](form)
        intent = self._intent(parts[1])
        if method == "POST":
            only(form)
            {"confirm": self._confirm, "cancel": self._cancel}[parts[2]](intent)
        elif intent["status"] == "processing":
            self._look_at_slow(intent)
        return intent

    def _intent(self, intent_id: str) -> Object:
        if intent_id not in self.intents:
            raise Refusal(
                404, type="invalid_request_error", code="resource_missing", param="intent"
            )
        return self.intents[intent_id]

    def _create(self, form: Form) -> Object:
        known = ("amount", "currency", "payment_method", "payment_method_types[0]")
        only(form, *known, "capture_method", "metadata[order_id]")
        method, currency = form["payment_method"], form["currency"]
        check_amount(int(form["amount"]), currency)
        if not method.startswith("pm_"):
            raise invalid(
                "resource_missing", "payment_method", f"No such PaymentMethod: '{method}'"
            )
        intent = {
            "id": f"pi_{len(self.intents) + 1}",
            "object": "payment_intent",
            "amount": int(form["amount"]),
            "currency": currency,
            "metadata": {"order_id": form["metadata[order_id]"]},
            "payment_method": method,
            "status": "requires_confirmation",
            "last_payment_error": None,
        }
        self.intents[str(intent["id"])] = intent
        return intent

    def _confirm(self, intent: Object) -> None:
        if intent["status"] != "requires_confirmation":
            raise invalid("payment_intent_unexpected_state")
        method = intent["payment_method"]
        if declined := DECLINING.get(method):
            told = {"decline_code": declined.code, "message": declined.message}
            error = {"type": "card_error", "code": "card_declined", **told}
            intent |= {"status": "requires_payment_method", "last_payment_error": error}
            raise Refusal(402, **error)
        if method == SLOW:
            intent |= {"status": "processing", "looks": 2}
        elif method == "pm_card_authenticationRequired":
            intent["status"] = "requires_action"
        else:
            self._succeed(intent)

    def _look_at_slow(self, intent: Object) -> None:
        intent["looks"] -= 1
        if intent["looks"] == 0:
            self._succeed(intent)

    def _succeed(self, intent: Object) -> None:
        intent["status"] = "succeeded"
        self.charges.append({"payment_intent": intent["id"], "amount": intent["amount"]})

    def _cancel(self, intent: Object) -> None:
        if intent["status"] in ("succeeded", "canceled", "processing"):
            raise invalid("payment_intent_unexpected_state")
        intent["status"] = "canceled"

    def _refund(self, form: Form) -> Object:
        only(form, "payment_intent", "amount", "metadata[order_id]")
        intent = self._intent(form["payment_intent"])
        if intent["status"] != "succeeded":
            raise invalid("", message="This PaymentIntent does not have a successful charge.")
        left = intent["amount"] - sum(r["amount"] for r in self._of(intent["id"]) if _counts(r))
        if left == 0:
            raise invalid("charge_already_refunded")
        amount = int(form.get("amount", left))
        if amount > left:
            raise invalid("", "amount", "Refund amount is greater than unrefunded amount.")
        refund = {
            "id": f"re_{len(self.refunds) + 1}",
            "object": "refund",
            "payment_intent": intent["id"],
            "amount": amount,
            "status": self.next_refund.pop(0) if self.next_refund else "succeeded",
        }
        self.refunds.append(refund)
        return refund

    def _list(self, form: Form) -> Object:
        only(form, "payment_intent", "limit", "starting_after")
        found = self._of(form["payment_intent"])[::-1]
        ids = [refund["id"] for refund in found]
        start = ids.index(form["starting_after"]) + 1 if "starting_after" in form else 0
        # Stripe's pages are no longer than 100; these are shorter, so that there are several.
        page = found[start : start + min(int(form.get("limit", 10)), 3)]
        more = start + len(page) < len(found)
        return {"object": "list", "data": page, "has_more": more, "url": "/v1/refunds"}

    def _of(self, intent_id: str) -> list[Object]:
        return [refund for refund in self.refunds if refund["payment_intent"] == intent_id]


def _counts(refund: Object) -> bool:
    return refund["status"] not in ("failed", "canceled")


def only(form: Form, *known: str) -> None:
    for name in form:
        if name not in known:
            raise invalid("parameter_unknown", name, f"Received unknown parameter: {name}", False)


def check_amount(amount: int, currency: str) -> None:
    step = {"isk": 100, "ugx": 100, **dict.fromkeys(("bhd", "jod", "kwd", "omr", "tnd"), 10)}
    if amount < LEAST:
        raise invalid("amount_too_small", "amount", f"Amount must be at least {LEAST}.", False)
    if amount > MOST:
        raise invalid("amount_too_large", "amount", f"Amount must be at most {MOST}.", False)
    if amount % step.get(currency, 1):
        raise invalid("parameter_invalid_integer", "amount", "Invalid last digit.", False)
