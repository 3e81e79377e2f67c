"""A running app as its users see it over HTTP; knows nothing of its inside."""

import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.e2e.event_queue import EventQueue
from tools.hosts import Host, choose_host, free_port
from tools.http_client import Response, request
from tools.processes import wait_until

# Seconds; far above what anything takes here, beside a load too. Core Tools are slower still.
PATIENCE = 120.0
# What a test starts by hand is not to come by itself in the middle of it.
ONCE_A_YEAR = "0 0 0 1 1 *"


def unique(prefix: str) -> str:
    """Return a name that no other test uses."""
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def order_for(sku: str, quantity: int = 1, **others: Any) -> dict[str, Any]:
    """Return a valid OrderRequestData with one line and an id of its own."""
    return {
        "orderId": unique("order"),
        "customerId": "ada",
        "items": [{"sku": sku, "quantity": quantity}],
        "paymentMethod": "pm_card_visa",
        **others,
    }


class RunningApp:
    """The app on the host of this machine, in a storage account of its own."""

    def __init__(
        self, storage: str, folder: Path, settings: Mapping[str, str] | None = None
    ) -> None:
        self.storage = storage
        self.events = EventQueue(storage)
        self.host = Host(
            choose_host(os.environ.get("HOST", "auto")),
            port=free_port(),
            storage=storage,
            state=folder / "state.db",
            output=folder / "host.log",
            # Two, whose caches go stale: what holds with one alone may not hold at work.
            settings={
                "FUNCTIONS_WORKER_PROCESS_COUNT": "2",
                "SWEEP_SCHEDULE": ONCE_A_YEAR,
                **(settings or {}),
            },
        )

    def call(self, method: str, path: str, body: Any = None) -> Response:
        """Send a request to a path of the app, or to a whole URL."""
        url = path if path.startswith("http") else self.host.base_url + path
        answer = request(method, url, body, timeout=PATIENCE)
        assert answer.status, f"{method} {path} got no answer: {answer.text}\n{self.tail()}"
        return answer

    def stock(self, available: int, unit_price: int = 1000) -> str:
        """Create a SKU with some stock and return its name."""
        sku = unique("sku")
        self.set_stock(sku, available, unit_price)
        return sku

    def set_stock(self, sku: str, available: int, unit_price: int = 1000) -> None:
        """Create or set a SKU."""
        product = {
            "description": f"Product {sku}",
            "unitPrice": unit_price,
            "currency": "EUR",
            "available": available,
        }
        answer = self.call("PUT", f"/api/inventory/{sku}", product)
        assert answer.status in (200, 201), answer.text

    def available(self, sku: str) -> int:
        """Return how many pieces of a SKU can still be ordered."""
        return int(self.call("GET", f"/api/inventory/{sku}").json()["available"])

    def place(self, body: dict[str, Any]) -> dict[str, str]:
        """Place an order that is accepted; return the management links."""
        answer = self.call("POST", "/api/orders", body)
        assert answer.status == 202, f"{answer.text}\n{self.tail()}"
        links: dict[str, str] = answer.json()
        return links

    def order(self, order_id: str) -> dict[str, Any]:
        """Return what the app says about an order that exists."""
        answer = self.call("GET", f"/api/orders/{order_id}")
        assert answer.status == 200, f"{answer.text}\n{self.tail()}"
        found: dict[str, Any] = answer.json()
        return found

    def wait_for(self, order_id: str, stage: str) -> dict[str, Any]:
        """Wait until an order has reached a stage; return what the app says about it."""
        found: dict[str, Any] = {}

        def reached() -> bool:
            found.update(self.order(order_id))
            return bool(found["stage"] == stage)

        assert wait_until(reached, PATIENCE), f"{order_id} is not {stage}: {found}\n{self.tail()}"
        return found

    def wait_for_end(self, order_id: str) -> dict[str, Any]:
        """Wait until an order has ended; return what the app says about it."""
        found: dict[str, Any] = {}

        def ended() -> bool:
            found.update(self.order(order_id))
            return found["runtimeStatus"] in ("Completed", "Failed", "Terminated")

        assert wait_until(ended, PATIENCE), f"{order_id} has not ended: {found}\n{self.tail()}"
        return found

    def pause_order(self) -> tuple[str, str, dict[str, str]]:
        """Place an order that is short and wait until it pauses; return id, SKU and links."""
        sku = self.stock(0)
        body = order_for(sku)
        links = self.place(body)
        self.wait_for(body["orderId"], "AwaitingProceed")
        return body["orderId"], sku, links

    def wait_for_poison(self, body: str, seconds: float = PATIENCE) -> None:
        """Wait until the poison queue holds a body."""
        assert wait_until(lambda: body in self.events.poison(), seconds, 0.2), (
            f"{body!r} is not among {self.events.poison()}\n{self.tail()}"
        )

    def wait_for_log(self, *words: str) -> str:
        """Wait until a line of the log has all the words; return it."""

        def matching() -> list[str]:
            lines = self.host.log.splitlines()
            return [line for line in lines if all(word in line for word in words)]

        assert wait_until(lambda: bool(matching()), PATIENCE), f"no {words} in\n{self.tail()}"
        return matching()[0]

    def tail(self) -> str:
        """Return the last lines of the host's log."""
        return "The host printed:\n" + "\n".join(self.host.log.splitlines()[-40:])
