"""The app's documented HTTP interface as these commands need it, on any host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from tools.console import working
from tools.http_client import Response, request
from tools.processes import NoAnswer, ToolError, WrongUsage

# As many orders as the app answers at once.
PAGE = 100


@dataclass(frozen=True)
class Progress:
    """How an order stands, and its steps; None where the app does not tell them."""

    order: dict[str, Any]
    history: list[dict[str, Any]] | None


class OrderApi:
    """An app at a base URL; `key` is a function key of the app.

    Every method raises ToolError with what the app says, NoAnswer among them.
    """

    def __init__(self, base_url: str, key: str | None = None) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise WrongUsage(
                f"{base_url!r} is no URL. Say --url http://localhost:7071 or https://..."
            )
        self.base_url = base_url.rstrip("/")
        self._key = key

    def place(self, order: Any) -> str:
        """Place an order; return its id."""
        return str(self._json("POST", "/api/orders", order)["id"])

    def show(self, order_id: str) -> dict[str, Any]:
        """Return how an order stands."""
        found: dict[str, Any] = self._json("GET", _order(order_id))
        return found

    def progress(self, order_id: str) -> Progress:
        """Return how an order stands and what it did so far.

        The steps are None where a key opens the one and not the other, and where the order's
        orchestration was purged.
        """
        order = self.show(order_id)
        answer = self._send("GET", f"{_order(order_id)}/history")
        return Progress(order, _value(answer) if answer.status == 200 else None)

    def orders(
        self, stage: str | None, most: int | None, token: str | None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Return orders, at most so many or all, and the token that goes on after them."""
        found: list[dict[str, Any]] = []
        while True:
            top = PAGE if most is None else min(PAGE, most - len(found))
            query = {"stage": stage, "top": top, "continuationToken": token}
            given = {name: value for name, value in query.items() if value is not None}
            page = self._json("GET", f"/api/orders?{urlencode(given)}")
            found += page["orders"]
            token = page["continuationToken"]
            if token is None or len(found) == most:
                return found, token

    def raise_event(self, order_id: str, name: str, data: Any = None) -> None:
        """Send an event to an order."""
        self._json("POST", f"{_order(order_id)}/events/{name}", data)

    def stock(self) -> list[dict[str, Any]]:
        """Return every SKU with its stock and price, what orders hold and how many wait."""
        items: list[dict[str, Any]] = []
        path = "/api/inventory"
        while True:
            page = self._json("GET", path)
            items += page["items"]
            if not (token := page.get("continuationToken")):
                return items
            path = f"/api/inventory?{urlencode({'continuationToken': token})}"

    def stock_of(self, sku: str) -> tuple[dict[str, Any] | None, str]:
        """Return stock and price of a SKU, None if there is no such SKU, and the ETag."""
        answer = self._send("GET", _sku(sku))
        if answer.status == 404:
            return None, ""
        item: dict[str, Any] = self._checked("GET", _sku(sku), answer)
        return item, str(answer.headers.get("ETag") or "")

    def set_stock(self, sku: str, item: Mapping[str, Any], etag: str) -> dict[str, Any]:
        """Set all of a SKU if it is still as its ETag says; an empty one: if it is new."""
        guard = {"If-Match": etag} if etag else {"If-None-Match": "*"}
        done: dict[str, Any] = self._json("PUT", _sku(sku), dict(item), guard)
        return done

    def restock(self, sku: str, quantity: int, key: str) -> dict[str, Any]:
        """Add stock, once for a key however often it is asked for."""
        guard = {"Idempotency-Key": key}
        path = f"{_sku(sku)}/restock"
        done: dict[str, Any] = self._json("POST", path, {"quantity": quantity}, guard)
        return done

    def _json(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        return self._checked(method, path, self._send(method, path, body, headers))

    def _checked(self, method: str, path: str, answer: Response) -> Any:
        """Return the body of an answer that is one; raises ToolError with what it says if not."""
        told = _value(answer)
        if answer.status // 100 == 2 and told is not None:
            return told
        if answer.status in (401, 403):
            raise ToolError(
                f"The app refuses {method} {path.partition('?')[0]}"
                + (" with this key." if self._key else " without a key.")
                + " Say --key with a function key of the app that opens it."
            )
        if isinstance(told, dict) and "error" in told:
            raise ToolError(str(told["error"]))
        raise ToolError(
            f"{method} {self.base_url}{path} answered {answer.status}. Is that the app?"
        )

    def _send(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        key = {"x-functions-key": self._key} if self._key else {}
        with working(f"Asking {self.base_url}"):
            answer = request(method, self.base_url + path, body, headers={**key, **(headers or {})})
        if answer.status == 0:
            raise NoAnswer(
                f"No answer from {self.base_url}: {answer.text.strip()}. Is the app running? "
                "`make run` starts it on this machine; another one is named with --url."
            )
        if answer.status >= 500:
            told = _value(answer)
            known = isinstance(told, dict) and "error" in told
            what = str(told["error"]) if known else f"Its log says why ({method} {path})."
            raise NoAnswer(f"The app at {self.base_url} answered {answer.status}. {what}")
        return answer


def _order(order_id: str) -> str:
    return f"/api/orders/{quote(order_id, safe='')}"


def _sku(sku: str) -> str:
    return f"/api/inventory/{quote(sku, safe='')}"


def _value(answer: Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None
