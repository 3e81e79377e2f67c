"""Stripe with faults, on a free port or in this process."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import stripe

from tests.integration.ordering.payments.stripe_wire import KEY, Fault, Seen, Wire

__all__ = ["KEY", "FakeStripe", "Fault", "InProcess", "Wire"]


class InProcess(stripe.HTTPClient):
    """Stripe without a network, for tests of many cases; `before` and `after` are hooks."""

    name = "fake"

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self.wire = wire
        self.before: Callable[[Seen], None] = lambda seen: None
        self.after: Callable[[Seen], None] = lambda seen: None

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        seen = read(method, url, post_data or "", headers)
        self.before(seen)
        answer = self.wire.send(seen)
        self.after(seen)
        if answer is None:
            raise stripe.APIConnectionError("lost")
        return json.dumps(answer[1]), answer[0], {"Request-Id": "req_123"}

    def close(self) -> None:
        """Do nothing: there is no connection."""


def read(method: str, url: str, body: str, headers: Any) -> Seen:
    parts = urlsplit(url)
    values = parse_qs(parts.query if method.upper() == "GET" else body)
    form = {name: value[0] for name, value in values.items()}
    lower = {name.lower(): value for name, value in headers.items()}
    return Seen(method.upper(), parts.path, form, lower)


class FakeStripe(Wire, ThreadingHTTPServer):
    """Stripe on a free port; a context manager."""

    daemon_threads = True

    def __init__(self) -> None:
        Wire.__init__(self)
        ThreadingHTTPServer.__init__(self, ("127.0.0.1", 0), Handler)
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


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeStripe

    def do_GET(self) -> None:
        self._serve("")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())

    def _serve(self, body: str) -> None:
        answer = self.server.send(read(self.command, self.path, body, self.headers))
        if answer is None:
            self.close_connection = True
            return
        text = json.dumps(answer[1]).encode()
        self.send_response(answer[0])
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Request-Id", "req_123")
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""
