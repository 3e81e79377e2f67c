"""The shop that the page shows, used over its HTTP API where a test needs something to look at."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.http_client import Response, request

PAGE = "/api/page"


@dataclass(frozen=True)
class Shop:
    """A shop under `make run`."""

    base_url: str
    storage: str
    log: Path

    def printed(self) -> str:
        """Return all that `make run` has printed."""
        return self.log.read_text(errors="replace")

    def call(self, method: str, path: str, body: Any = None, expected: int = 200) -> Response:
        """Send a request that must have the expected answer."""
        answer = request(method, self.base_url + path, body)
        assert answer.status == expected, f"{method} {path}: {answer.status} {answer.text}"
        return answer

    def stock(self, available: int, description: str = "A thing", **more: Any) -> str:
        """Create an item and return its SKU."""
        sku = f"sku-{uuid.uuid4().hex[:8]}"
        item = {"description": description, "unitPrice": 1250, "currency": "EUR", **more}
        self.call("PUT", f"/api/inventory/{sku}", {**item, "available": available})
        return sku

    def place(self, sku: str, quantity: int = 1, **more: Any) -> str:
        """Place an order and return its id."""
        order_id = f"order-{uuid.uuid4().hex[:8]}"
        order = {
            "orderId": order_id,
            "customerId": "ada",
            "items": [{"sku": sku, "quantity": quantity}],
            "paymentMethod": "pm_card_visa",
            **more,
        }
        self.call("POST", "/api/orders", order, 202)
        return str(order["orderId"])
