"""The part of Stripe's API that charges, with what localstripe lacks: idempotency keys and faults.

Written after https://docs.stripe.com/api/payment_intents, /refunds and /idempotent_requests: the
answer to a key is kept, errors of a request that began included; the same key with another
request is an error.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from ordering.payments.ledger import DECLINING

KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"


@dataclass
class Fault:
    """What goes wrong at one request whose method and path hold a text.

    `status` is answered instead of doing it, or, if `kept`, after the key was used up for it.
    Without a status the connection is closed, after the work was done if `done`.
    """

    text: str
    status: int | None = None
    done: bool = False
    kept: bool = False


@dataclass
class Seen:
    """A request as it came."""

    method: str
    path: str
    form: dict[str, str]
    headers: dict[str, str]


class Refusal(Exception):
    """An error of the API."""

    def __init__(self, status: int, **error: Any) -> None:
        super().__init__(status)
        self.status = status
        self.body = {"error": error}


@dataclass
class Account:
    """The intents and refunds of one key."""

    intents: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, tuple[Any, int, Any]] = field(default_factory=dict)

    @property
    def taken(self) -> int:
        """What customers were charged, less what went back."""
        charged = sum(i["amount"] for i in self.intents.values() if i["status"] == "succeeded")
        return charged - sum(refund["amount"] for refund in self.refunds)

    def statuses(self) -> list[str]:
        return [intent["status"] for intent in self.intents.values()]

    def serve(self, seen: Seen) -> Any:
        parts = seen.path.strip("/").split("/")[1:]
        if parts == ["refunds"]:
            return self._refund(seen.form)
        if parts == ["payment_intents"]:
            return self._create(seen.form)
        intent = self.intents.get(parts[1])
        if intent is None:
            raise Refusal(
                404, type="invalid_request_error", code="resource_missing", param="intent"
            )
        if seen.method == "POST":
            {"confirm": self._confirm, "cancel": self._cancel}[parts[2]](intent)
        return intent

    def _create(self, form: dict[str, str]) -> Any:
        method = form["payment_method"]
        if not method.startswith("pm_"):
            message = f"No such PaymentMethod: '{method}'"
            raise Refusal(
                400,
                type="invalid_request_error",
                code="resource_missing",
                param="payment_method",
                message=message,
            )
        intent = {
            "id": f"pi_{len(self.intents) + 1}",
            "object": "payment_intent",
            "amount": int(form["amount"]),
            "currency": form["currency"],
            "metadata": {"order_id": form["metadata[order_id]"]},
            "payment_method": method,
            "status": "requires_confirmation",
            "last_payment_error": None,
        }
        self.intents[str(intent["id"])] = intent
        return intent

    def _confirm(self, intent: dict[str, Any]) -> None:
        if intent["status"] != "requires_confirmation":
            raise Refusal(400, type="invalid_request_error", code="payment_intent_unexpected_state")
        declined = DECLINING.get(intent["payment_method"])
        if declined:
            error = {
                "type": "card_error",
                "code": "card_declined",
                "decline_code": declined.code,
                "message": declined.message,
            }
            intent |= {"status": "requires_payment_method", "last_payment_error": error}
            raise Refusal(402, **error)
        ends = {"pm_card_authenticationRequired": "requires_action"}
        intent["status"] = ends.get(intent["payment_method"], "succeeded")

    def _cancel(self, intent: dict[str, Any]) -> None:
        if intent["status"] in ("succeeded", "canceled"):
            raise Refusal(400, type="invalid_request_error", code="payment_intent_unexpected_state")
        intent["status"] = "canceled"

    def _refund(self, form: dict[str, str]) -> Any:
        intent = self.intents[form["payment_intent"]]
        if any(refund["payment_intent"] == intent["id"] for refund in self.refunds):
            raise Refusal(400, type="invalid_request_error", code="charge_already_refunded")
        refund = {
            "id": f"re_{len(self.refunds) + 1}",
            "object": "refund",
            "payment_intent": intent["id"],
            "amount": intent["amount"],
        }
        self.refunds.append(refund)
        return refund


class FakeStripe(ThreadingHTTPServer):
    """Stripe on a free port; a context manager. `faults` are used up in their order."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.account = Account()
        self.faults: list[Fault] = []
        self.seen: list[Seen] = []
        self.lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> FakeStripe:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def asked(self, text: str) -> list[Seen]:
        """Return the requests whose method and path hold a text."""
        return [seen for seen in self.seen if text in f"{seen.method} {seen.path}"]

    def forget_keys(self) -> None:
        """Do what Stripe does a day later."""
        self.account.answers.clear()

    def answer(self, seen: Seen) -> tuple[int, Any]:
        """Serve a request once per idempotency key."""
        key = seen.headers.get("idempotency-key")
        request = (seen.method, seen.path, seen.form)
        if key in self.account.answers:
            first, status, body = self.account.answers[key]
            if first != request:
                return 400, {"error": {"type": "idempotency_error"}}
            return status, json.loads(body)
        try:
            status, body = 200, self.account.serve(seen)
        except Refusal as refusal:
            status, body = refusal.status, refusal.body
        if key:
            self.account.answers[key] = (request, status, json.dumps(body))
        return status, body


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeStripe

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self._serve({name: values[0] for name, values in parse_qs(text).items()})

    def _serve(self, form: dict[str, str]) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, self.path, form, headers)
        with self.server.lock:
            self.server.seen.append(seen)
            fault = self._fault(seen)
            if headers.get("authorization") != f"Bearer {KEY}":
                message = "Invalid API Key provided: sk_test_********"
                answer: tuple[int, Any] = (401, {"error": {"message": message}})
            elif fault is None or fault.done:
                answer = self.server.answer(seen)
            elif fault.status is None:
                answer = (0, None)
            else:
                answer = (fault.status, {"error": {"type": "api_error", "message": "trouble"}})
                if fault.kept and (key := headers.get("idempotency-key")):
                    request = (seen.method, seen.path, seen.form)
                    self.server.account.answers[key] = (request, answer[0], json.dumps(answer[1]))
        if fault and fault.status is None:
            self.close_connection = True
            return
        body = json.dumps(answer[1]).encode()
        self.send_response(answer[0])
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Request-Id", "req_123")
        self.end_headers()
        self.wfile.write(body)

    def _fault(self, seen: Seen) -> Fault | None:
        faults = self.server.faults
        if faults and faults[0].text in f"{seen.method} {seen.path}":
            return faults.pop(0)
        return None

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""
