"""The little HTTP that the tools need, on the standard library."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPException
from typing import Any


@dataclass(frozen=True)
class Response:
    """An HTTP answer; `status` is 0 when nothing answered, and `text` says why."""

    status: int
    body: bytes = b""
    headers: Message = field(default_factory=Message)

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        """Return the body as JSON; raises ValueError when it is not."""
        return json.loads(self.body)


def request(
    method: str,
    url: str,
    body: Any = None,
    *,
    timeout: float = 30,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Send a request; a body that is not bytes goes as JSON. No status raises."""
    headers = dict(headers or {})
    if body is not None:
        headers["Content-Type"] = "application/json"
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
    outgoing = urllib.request.Request(url, data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(outgoing, timeout=timeout) as answer:
            return Response(answer.status, answer.read(), answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return Response(error.code, error.read(), error.headers)
    except (OSError, HTTPException) as error:
        return Response(0, why(error).encode())


def why(error: BaseException) -> str:
    """Return in words why nothing answered, such as `connection refused`."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, TimeoutError):
        return "it took too long"
    if isinstance(reason, socket.gaierror):
        return "no such name on the network"
    if isinstance(reason, HTTPException):
        return "it hung up"
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror.lower()
    return str(reason) or type(reason).__name__
