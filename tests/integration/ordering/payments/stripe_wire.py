"""The way to a Stripe account: its idempotency keys, and what goes wrong on the way.

Written after https://docs.stripe.com/api/idempotent_requests and /error-low-level: Stripe keeps
the answer to a key, a 500 too, once the work has begun; the same key with another request is an
error; a request whose key or whose intent is in use is refused and can be sent again.
"""

from __future__ import annotations

import json
import re
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from tests.integration.ordering.payments.stripe_account import Refusal, StripeAccount

KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
TROUBLE = {"error": {"type": "api_error", "message": "trouble"}}
Answer = tuple[int, Any]


@dataclass
class Fault:
    """What goes wrong at one request whose method and path match `text`, a pattern.

    With `status` that is answered, else the connection is lost. The work is done before that if
    `done`; a status that is `kept` becomes the answer to the request's key. With `delay` nothing
    goes wrong, but the work is done so many seconds later.
    """

    text: str
    status: int | None = None
    done: bool = False
    kept: bool = False
    delay: float = 0.0


@dataclass
class Seen:
    """A request as it came."""

    method: str
    path: str
    form: dict[str, str]
    headers: dict[str, str]

    @property
    def key(self) -> str | None:
        # Stripe ignores the keys of other requests.
        return self.headers.get("idempotency-key") if self.method == "POST" else None

    def matches(self, text: str) -> bool:
        return re.search(text, f"{self.method} {self.path}") is not None


@dataclass
class Wire:
    """An account behind its API key. Faults are used up, the first that fits a request first."""

    account: StripeAccount = field(default_factory=StripeAccount)
    faults: list[Fault] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    kept: dict[str, tuple[Any, int, str]] = field(default_factory=dict)
    running: list[Seen] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock)

    def asked(self, text: str) -> list[Seen]:
        """Return the requests whose method and path match a pattern."""
        return [seen for seen in self.seen if seen.matches(text)]

    def forget_keys(self) -> None:
        """Do what Stripe does a day later."""
        self.kept.clear()

    def send(self, seen: Seen) -> Answer | None:
        """Return the answer to a request, or None if the connection is lost."""
        with self.lock:
            self.seen.append(seen)
            if seen.headers.get("authorization") != f"Bearer {KEY}":
                return 401, {"error": {"message": "Invalid API Key provided: sk_test_********"}}
            fault = next((fault for fault in self.faults if seen.matches(fault.text)), None)
            if fault is None:
                return self._answer(seen)
            self.faults.remove(fault)
            if not fault.delay:
                return self._broken(seen, fault)
            self.running.append(seen)
        time.sleep(fault.delay)
        with self.lock:
            self.running.remove(seen)
            return self._answer(seen)

    def _broken(self, seen: Seen, fault: Fault) -> Answer | None:
        if fault.done:
            self._answer(seen)
        if fault.status is None:
            return None
        if fault.kept:
            self._keep(seen, fault.status, TROUBLE)
        return fault.status, TROUBLE

    def _answer(self, seen: Seen) -> Answer:
        key = seen.key
        if key in self.kept:
            first, status, text = self.kept[key]
            if first != (seen.method, seen.path, seen.form):
                return 400, {"error": {"type": "idempotency_error"}}
            return status, json.loads(text)
        if refused := self._in_use(seen):
            return refused
        try:
            status, body = 200, self.account.serve(seen.method, seen.path, seen.form)
        except Refusal as refusal:
            if not refusal.begun:
                return refusal.status, refusal.body
            status, body = refusal.status, refusal.body
        self._keep(seen, status, body)
        return status, body

    def _keep(self, seen: Seen, status: int, body: Any) -> None:
        if seen.key is not None:
            request = (seen.method, seen.path, seen.form)
            self.kept[seen.key] = (request, status, json.dumps(body))

    def _in_use(self, seen: Seen) -> Answer | None:
        for other in self.running if seen.method == "POST" else ():
            if other.key == seen.key:
                error = {"type": "idempotency_error", "code": "idempotency_key_in_use"}
                return 409, {"error": error}
            if other.path.split("/")[3:4] == seen.path.split("/")[3:4] != []:
                return 429, {"error": {"type": "invalid_request_error", "code": "lock_timeout"}}
        return None
