"""A Stripe that lets its callers wait: some before it does anything, some once it has the money."""

import asyncio
import json
import threading
from urllib.parse import parse_qsl

from aiohttp import web

from tools.chaos.stripe_books import StripeBooks
from tools.proxy import Proxy

_ANYWHERE = 0


class SlowStripe(Proxy):
    """Answers nobody who charges until it is `open`; `waiting` are the orders that it lets wait.

    Those in `unheard` wait before a payment of theirs is made, the others after it was taken.
    """

    def __init__(self) -> None:
        super().__init__([_ANYWHERE])
        self.books = StripeBooks()
        self.open = threading.Event()
        self.unheard: set[str] = set()
        self.waiting: set[str] = set()

    @property
    def base_url(self) -> str:
        """What STRIPE_API_BASE is set to."""
        return f"http://127.0.0.1:{self.ports[_ANYWHERE]}"

    async def answer(self, target: int, request: web.Request, body: bytes) -> web.Response:
        """Return what Stripe answers, when it does."""
        form = dict(parse_qsl(request.query_string) + parse_qsl(body.decode()))
        order_id = form.get("metadata[order_id]", "")
        if order_id in self.unheard:
            await self._let_wait(order_id)
        key = request.headers.get("Idempotency-Key", "")
        status, said = self.books.answer(request.method, request.path, form, key)
        if request.path.endswith("/confirm"):
            await self._let_wait(said["metadata"]["order_id"])
        return web.Response(status=status, text=json.dumps(said), content_type="application/json")

    async def _let_wait(self, order_id: str) -> None:
        self.waiting.add(order_id)
        await asyncio.get_running_loop().run_in_executor(None, self.open.wait)
