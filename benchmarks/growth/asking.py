"""What the measurements ask of an app that runs, by HTTP."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import urllib3

from ordering.model import Stage
from tools.processes import ToolError, wait_until

POLL_SECONDS = 0.003
PATIENCE = 60.0
INSTANCES = "/runtime/webhooks/durabletask/instances"

Status = dict[str, Any]


class Asking:
    """Asks the app at `base_url`; raises ToolError for an answer that is a refusal."""

    base_url: str

    def put_stock(self, sku: str, available: int) -> None:
        """Set what there is of a SKU."""
        item = {"description": sku, "unitPrice": 100, "currency": "EUR", "available": available}
        self._ask("PUT", f"/api/inventory/{sku}", item)

    def place(self, order_id: str, sku: str) -> None:
        """Place an order of one line."""
        self._ask("POST", "/api/orders", order(order_id, sku))

    def proceed(self, order_id: str) -> None:
        """Send `Proceed` by the management API: the queue is polled once a second at the worst."""
        self._ask("POST", f"{INSTANCES}/{order_id}/raiseEvent/Proceed", {})

    def restock(self, sku: str) -> None:
        """Add a piece to the stock."""
        self._ask("POST", f"/api/inventory/{sku}/restock", {"quantity": 1})

    def list_waiting(self, top: int) -> list[Status]:
        """List orders that wait: the first page of so many."""
        path = f"/api/orders?stage={Stage.AWAITING_PROCEED.value}&top={top}"
        orders: list[Status] = self._ask("GET", path).json()["orders"]
        return orders

    def sweep(self) -> None:
        """Have SweepOrders run once; it does so behind this call's back."""
        self._ask("POST", "/admin/functions/SweepOrders", {"input": ""})

    def until_waiting(self, order_id: str, attempt: int = 1) -> None:
        """Wait until an order waits for stock, having looked for it so many times."""

        def waits(status: Status) -> bool:
            custom = status.get("customStatus") or {}
            stage = custom.get("stage")
            return bool(stage == Stage.AWAITING_PROCEED.value and custom["attempt"] >= attempt)

        self._until(order_id, waits)

    def until_invoiced(self, order_id: str) -> None:
        """Wait until an order has its invoice."""
        self._until(order_id, lambda status: bool(status.get("runtimeStatus") == "Completed"))

    @cached_property
    def _connections(self) -> urllib3.PoolManager:
        # Kept between requests: else each look, every few milliseconds, has the host accept one.
        return urllib3.PoolManager(retries=False, timeout=PATIENCE)

    def _until(self, order_id: str, condition: Callable[[Status], bool]) -> None:
        url = f"{self.base_url}{INSTANCES}/{order_id}?showInput=false"

        def holds() -> bool:
            answer = self._connections.request("GET", url)
            return answer.status in (200, 202) and condition(answer.json())

        if not wait_until(holds, PATIENCE, POLL_SECONDS):
            last = self._connections.request("GET", url)
            raise ToolError(f"{order_id} got stuck: {last.data.decode()}")

    def _ask(self, method: str, path: str, body: Any = None) -> urllib3.BaseHTTPResponse:
        answer = self._connections.request(method, self.base_url + path, json=body)
        if answer.status not in (200, 202):
            told = answer.data.decode()[:500]
            raise ToolError(f"{method} {path} was answered {answer.status}: {told}")
        return answer


def order(order_id: str, sku: str) -> dict[str, Any]:
    """Return an order of one line as it is sent."""
    return {
        "orderId": order_id,
        "customerId": "bench",
        "paymentMethod": "pm_card_visa",
        "items": [{"sku": sku, "quantity": 1}],
    }
