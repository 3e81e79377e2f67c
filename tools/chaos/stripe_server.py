"""Stripe over HTTP, on a port of this machine, at which armed faults happen."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

from aiohttp import web

from tools.chaos.armed import Armed
from tools.chaos.journal import Journal, order_ids_in
from tools.chaos.stripe_books import Answer, StripeBooks
from tools.chaos.wire import RETRY_AFTER, suffer
from tools.proxy import Proxy

_ANYWHERE = 0


class StripeServer(Proxy):
    """A Proxy with the books of a Stripe behind it instead of a port; faults of `stripe`."""

    def __init__(self, armed: Armed, journal: Journal) -> None:
        super().__init__([_ANYWHERE])
        self.books = StripeBooks()
        self._armed = armed
        self._journal = journal

    @property
    def base_url(self) -> str:
        """What STRIPE_API_BASE is set to."""
        return f"http://127.0.0.1:{self.ports[_ANYWHERE]}"

    async def answer(self, target: int, request: web.Request, body: bytes) -> web.Response | None:
        """Return what Stripe answers, or a fault's."""
        key = request.headers.get("Idempotency-Key", "")
        form = dict(parse_qsl(request.query_string) + parse_qsl(body.decode()))

        async def work() -> web.Response:
            return _response(self.books.answer(request.method, request.path, form, key))

        fault = self._armed.take("stripe")
        if fault is None:
            return await work()

        def refuse(status: int) -> web.Response:
            if status != 500:
                return _response((status, _refusal(status)))
            if fault.number % 2:
                self.books.answer(request.method, request.path, form)
            return _response(self.books.fail(key))

        answer = await suffer(fault.kind, fault.number, work, refuse)
        intents = (self.books.intents.get(part) for part in request.path.split("/"))
        orders = order_ids_in(body, key) | {intent.order_id for intent in intents if intent}
        self._journal.note(fault.kind, orders, f"{request.method} {request.path}")
        return answer


def _refusal(status: int) -> dict[str, object]:
    kind = "rate_limit" if status == 429 else "api_error"
    return {"error": {"type": "api_error", "code": kind, "message": "made up"}}


def _response(answer: Answer) -> web.Response:
    status, body = answer
    headers = {"Retry-After": str(RETRY_AFTER)} if status in (429, 503) else {}
    return web.Response(
        status=status, text=json.dumps(body), content_type="application/json", headers=headers
    )
