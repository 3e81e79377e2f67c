"""HTTP from a test to the app under test, with answers like those of requests."""

from __future__ import annotations

import json as json_module
import threading
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from functions_emulator.testing.errors import FunctionsError

# A failure is shown where the test is, not here.
__tracebackhide__ = True

TIMEOUT = 60.0


class Response:
    """Hold an answer: `status_code`, `headers` (names ignore case), `content`, `text`, `json()`."""

    def __init__(self, answer: HTTPResponse, request: str) -> None:
        self.status_code = answer.status
        self.headers: HTTPMessage = answer.headers
        self.content = answer.read()
        self._request = request

    @property
    def ok(self) -> bool:
        """Tell whether the status is below 400."""
        return self.status_code < 400

    @property
    def text(self) -> str:
        """Give the body as text."""
        return self.content.decode(self.headers.get_content_charset("utf-8"), "replace")

    def json(self) -> Any:
        """Give the body as JSON; FunctionsError that shows the answer if it is none."""
        try:
            return json_module.loads(self.content)
        except ValueError as error:
            raise FunctionsError(f"{self!r} is not JSON: {error}") from error

    def __repr__(self) -> str:
        text = self.text
        return f"<{self._request}: {self.status_code} {text[:500]}{'...' if text[500:] else ''}>"


class WebClient:
    """Send requests to one host over a connection that each thread keeps open."""

    def __init__(self, base_url: str, headers: Mapping[str, str] | None = None) -> None:
        self.base_url = base_url.rstrip("/")
        self._headers = dict(headers or {})
        self._local = threading.local()
        self._connections: list[HTTPConnection] = []

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        data: str | bytes | Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Send a request to a path of the host or to a whole URL; redirects are not followed."""
        body, sent = _body(json, data)
        url = urlsplit(path if "://" in path else self.base_url + "/" + path.lstrip("/"))
        query = "&".join(filter(None, (url.query, urlencode(params or {}, doseq=True))))
        target = (url.path or "/") + (f"?{query}" if query else "")
        sent = {**self._headers, **sent, **(headers or {})}
        name = f"{method} {url.path}"
        try:
            return Response(self._send(url.scheme, url.netloc, method, target, body, sent), name)
        except (OSError, HTTPException) as error:
            raise FunctionsError(f"{method} {url.geturl()} got no answer: {error!r}") from error

    def _send(
        self,
        scheme: str,
        address: str,
        method: str,
        target: str,
        body: bytes | None,
        headers: Mapping[str, str],
    ) -> HTTPResponse:
        kept: dict[tuple[str, str], HTTPConnection] = vars(self._local).setdefault("kept", {})
        connection = kept.get((scheme, address))
        if connection is not None:
            try:
                connection.request(method, target, body, dict(headers))
                return connection.getresponse()
            except (ConnectionError, HTTPException):
                connection.close()  # The host had closed what was idle.
        kind = HTTPSConnection if scheme == "https" else HTTPConnection
        connection = kept[scheme, address] = kind(address, timeout=TIMEOUT)
        self._connections.append(connection)
        connection.request(method, target, body, dict(headers))
        return connection.getresponse()

    def close(self) -> None:
        """Close the connections."""
        for connection in self._connections:
            connection.close()


def _body(json: Any, data: Any) -> tuple[bytes | None, dict[str, str]]:
    if json is not None:
        return json_module.dumps(json).encode(), {"Content-Type": "application/json"}
    if isinstance(data, Mapping):
        form = urlencode(data, doseq=True).encode()
        return form, {"Content-Type": "application/x-www-form-urlencoded"}
    return (data.encode() if isinstance(data, str) else data), {}
