"""Customers, a warehouse and an operator: they use an app whatever happens to it."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tools.audit.record import Record
from tools.chaos.queue import Queue
from tools.http_client import Response, request
from tools.processes import ToolError

CUSTOMERS = 8
DECLINED = "pm_card_visa_chargeDeclined"
PLENTY = 100_000
# How long a customer repeats a request.
PATIENCE = 120.0
_INSTANCES = "/runtime/webhooks/durabletask/instances"


class Load:
    """Places orders of every kind and does what they need to end; keeps the record of it.

    Every request is repeated until it is answered, as a customer's would be. `copies` is how
    often each message is sent. The same seed makes the same orders.
    """

    def __init__(self, base_url: str, queue: Queue, seed: int, copies: int = 1) -> None:
        self.record = Record()
        self.copies = copies
        self.placed: dict[str, str] = {}
        self._base_url = base_url
        self._queue = queue
        self._seed = seed
        self._run = uuid.uuid4().hex[:6]
        self._plenty = f"plenty-{self._run}"
        self._lock = threading.Lock()
        self._number = 0

    def open(self) -> None:
        """Put the stock in that never runs out."""
        self._stock(self._plenty, PLENTY)

    def orders(self, count: int) -> None:
        """Place some orders at once, and end what each of them needs to end."""
        first, self._number = self._number, self._number + count
        with ThreadPoolExecutor(CUSTOMERS) as pool:
            list(pool.map(self._one, range(first, first + count)))

    def until(self, over: Callable[[], bool]) -> None:
        """Place orders until it is over."""
        while not over():
            self.orders(CUSTOMERS)

    def _one(self, number: int) -> None:
        chance = random.Random(f"{self._seed} {number}")
        kinds = {
            self._plain: 4,
            self._declined: 1,
            self._restocked: 3,
            self._woken: 3,
            self._cancelled: 2,
            self._terminated: 2,
        }
        [kind] = chance.choices(list(kinds), list(kinds.values()))
        kind(f"{self._run}-{number}", chance)

    def _plain(self, order_id: str, chance: random.Random) -> None:
        self._place(order_id, self._plenty, chance.randint(1, 3), "Invoiced")

    def _declined(self, order_id: str, chance: random.Random) -> None:
        self._place(order_id, self._plenty, 1, "PaymentDeclined", DECLINED)

    def _restocked(self, order_id: str, chance: random.Random) -> None:
        sku = f"short-{order_id}"
        self._stock(sku, 0)
        self._place(order_id, sku, 2, "Invoiced")
        self._pause(chance)
        self._restock(sku, 2)
        # It may have come up short only after the restock looked for those who wait.
        self._send(order_id, "Proceed")

    def _woken(self, order_id: str, chance: random.Random) -> None:
        sku = f"short-{order_id}"
        self._stock(sku, 1)
        self._place(order_id, sku, 2, "Invoiced")
        self._send(order_id, "PROCEED")
        self._pause(chance)
        self._restock(sku, 1)
        self._send(order_id, "proceed")

    def _cancelled(self, order_id: str, chance: random.Random) -> None:
        sku = f"short-{order_id}"
        self._stock(sku, 1)
        self._place(order_id, sku, 2, "Cancelled")
        self._pause(chance)
        self._send(order_id, "Cancel")

    def _terminated(self, order_id: str, chance: random.Random) -> None:
        sku = chance.choice([self._plenty, f"short-{order_id}"])
        if sku != self._plenty:
            self._stock(sku, 1)
        self._place(order_id, sku, 2, "Terminated or Invoiced")
        self._pause(chance)
        path = f"{_INSTANCES}/{order_id}/terminate?reason=chaos"
        self._insist("POST", path, None, {202, 410}, {0, 500, 503})

    def _place(
        self, order_id: str, sku: str, quantity: int, end: str, payment_method: str = "pm_card_visa"
    ) -> None:
        body = {
            "orderId": order_id,
            "customerId": f"customer-{order_id}",
            "items": [{"sku": sku, "quantity": quantity}],
            "paymentMethod": payment_method,
        }
        self._insist("POST", "/api/orders", body, {202})
        with self._lock:
            self.record.accepted.add(order_id)
            self.placed[order_id] = end

    def _stock(self, sku: str, available: int) -> None:
        body = {"description": sku, "unitPrice": 250, "currency": "EUR", "available": available}
        self._insist("PUT", f"/api/inventory/{sku}", body, {200})
        with self._lock:
            # Set before there are orders for it: a repeat would count what they took as new.
            self.record.stocked = {**self.record.stocked, sku: available}

    def _restock(self, sku: str, quantity: int) -> None:
        body, key = {"quantity": quantity}, {"Idempotency-Key": f"delivery of {sku}"}
        # Without storage the host cannot send what the function wants sent: its own 500.
        self._insist("POST", f"/api/inventory/{sku}/restock", body, {200}, {0, 500, 503}, key)
        with self._lock:
            stocked = self.record.stocked
            self.record.stocked = {**stocked, sku: stocked[sku] + quantity}

    def _send(self, order_id: str, event_name: str) -> None:
        for _ in range(self.copies):
            message_id, text = self._queue.send(order_id, event_name, PATIENCE)
            with self._lock:
                self.record.sent[message_id] = text

    def _pause(self, chance: random.Random) -> None:
        time.sleep(chance.uniform(0, 0.3))

    def _insist(
        self,
        method: str,
        path: str,
        body: Any,
        wanted: Collection[int],
        repeated: Collection[int] = (0, 503),
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        end = time.monotonic() + PATIENCE
        while True:
            answer = request(method, self._base_url + path, body, timeout=20, headers=headers)
            if answer.status not in (0, 500) or 500 not in repeated:
                with self._lock:
                    self.record.statuses[answer.status] += 1
            if answer.status in wanted:
                return answer
            if answer.status not in repeated or time.monotonic() > end:
                raise ToolError(f"{method} {path} answered {answer.status}: {answer.text[:300]}")
            time.sleep(0.1)
