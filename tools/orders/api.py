"""The app's HTTP interface as these commands need it, on any host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from tools.http_client import Response, request
from tools.processes import ToolError

MANAGEMENT = "/runtime/webhooks/durabletask/instances/"


@dataclass(frozen=True)
class Progress:
    """How far an order is; the history and the status's details only where the host shows them."""

    order: dict[str, Any]
    details: dict[str, Any]
    history: list[dict[str, Any]] | None


class NoAnswer(ToolError):
    """The host does not answer now; it may later."""


class OrderApi:
    """An app at a base URL; `key` is a function key, or the master key to see the history too."""

    def __init__(self, base_url: str, key: str | None = None) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise ToolError(
                f"{base_url!r} is no URL. Say --url http://localhost:7071 or https://..."
            )
        self.base_url = base_url.rstrip("/")
        self._key = key

    def place(self, order: Any) -> str:
        """Place an order; return its id. Raises ToolError with what the app says."""
        return str(self._ask("POST", "/api/orders", order, expected=202)["id"])

    def show(self, order_id: str) -> dict[str, Any]:
        """Return what the app says of an order; raises ToolError."""
        path = f"/api/orders/{quote(order_id, safe='')}"
        found: dict[str, Any] = self._ask("GET", path, expected=200)
        return found

    def progress(self, order_id: str) -> Progress:
        """Return how far an order is; raises ToolError, NoAnswer among them.

        Attempt, deadline and history are in Durable Functions' own status, which asks for the
        master key on Azure; without it there is the order alone.
        """
        order = self.show(order_id)
        query = {"showHistory": "true", "showInput": "false"}
        if self._key:
            query["code"] = self._key
        path = f"{MANAGEMENT}{quote(order_id, safe='')}?{urlencode(query)}"
        answer = self._send("GET", path)
        if answer.status not in (200, 202):
            return Progress(order, {}, None)
        status = _json(answer) or {}
        return Progress(order, status.get("customStatus") or {}, status.get("historyEvents"))

    def _ask(self, method: str, path: str, body: Any = None, *, expected: int) -> Any:
        answer = self._send(method, path, body)
        if answer.status == expected:
            return _json(answer)
        if answer.status == 401:
            raise ToolError("The app asks for a key. Say --key with a function key of the app.")
        told = _json(answer)
        if not isinstance(told, dict) or "error" not in told:
            raise ToolError(f"{method} {self.base_url}{path} answered {answer.status}.")
        raise ToolError(str(told["error"]))

    def _send(self, method: str, path: str, body: Any = None) -> Response:
        headers = {"x-functions-key": self._key} if self._key else {}
        answer = request(method, self.base_url + path, body, headers=headers)
        if answer.status == 0 or answer.status >= 500:
            why = answer.text.strip() if answer.status == 0 else f"status {answer.status}"
            raise NoAnswer(
                f"No answer from {self.base_url} ({why}). Is the app running? Locally: make run"
            )
        return answer


def _json(answer: Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None
