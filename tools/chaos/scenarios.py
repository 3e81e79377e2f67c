"""What customers order, and what they and the warehouse do then: the table of the README."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tools.chaos.client import Client
from tools.chaos.messages import Messages
from tools.chaos.placed import Placed, PlacedOrder
from tools.chaos.schedule import Round
from tools.chaos.stripe_books import DECLINED
from tools.processes import ToolError

PLENTY = 100_000
LINES = 50
_CARD = "pm_card_visa"


class Customers:
    """Places the orders of one round and does what they need to end, whatever happens."""

    def __init__(self, plan: Round, client: Client, messages: Messages, placed: Placed) -> None:
        self._plan = plan
        self._client = client
        self._messages = messages
        self._placed = placed
        self._lock = threading.Lock()
        self._plenty = f"{plan.prefix}plenty"
        self._hot = f"{plan.prefix}hot"
        self._lines = [f"{plan.prefix}line-{number:02d}" for number in range(LINES)]
        self._does = {
            "in stock": self._in_stock,
            "hot SKU": self._hot_sku,
            "many lines": self._many_lines,
            "declined": self._declined,
            "short, restocked": self._restocked,
            "short, woken": self._woken,
            "cancelled": self._cancelled,
            "expired": self._expired,
            "duplicated": self._duplicated,
        }

    def open(self) -> None:
        """Put in the stock that the round begins with."""
        stock = {self._plenty: PLENTY, self._hot: 1}
        if "many lines" in self._plan.scenarios:
            stock |= dict.fromkeys(self._lines, PLENTY)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self._stock, stock, stock.values()))

    def serve(self, number: int) -> str:
        """Do all that one order of the round is about; return its id."""
        order_id = self._plan.order_id(number)
        scenario = self._plan.scenarios[number]
        self._does[scenario](order_id, scenario, self._plan.chance("order", number))
        return order_id

    def _in_stock(self, order_id: str, scenario: str, chance: random.Random) -> None:
        self._place(order_id, scenario, {self._plenty: chance.randint(1, 3)})

    def _declined(self, order_id: str, scenario: str, chance: random.Random) -> None:
        self._place(order_id, scenario, {self._plenty: 1}, DECLINED)

    def _many_lines(self, order_id: str, scenario: str, chance: random.Random) -> None:
        skus = chance.sample(self._lines, chance.randint(20, LINES))
        self._place(order_id, scenario, dict.fromkeys(skus, 1))

    def _hot_sku(self, order_id: str, scenario: str, chance: random.Random) -> None:
        self._place(order_id, scenario, {self._hot: 1})
        _pause(chance)
        self._restock(self._hot, 1, order_id)

    def _restocked(self, order_id: str, scenario: str, chance: random.Random) -> None:
        # No event is sent: the restock finds it, or the sweep does.
        sku = self._short(order_id, 0)
        self._place(order_id, scenario, {sku: 2, self._plenty: 1})
        _pause(chance)
        self._restock(sku, 2, order_id)

    def _woken(self, order_id: str, scenario: str, chance: random.Random) -> None:
        sku = self._short(order_id, 1)
        self._place(order_id, scenario, {sku: 2})
        self._messages.send(order_id, "PROCEED", self._client.record)
        _pause(chance)
        self._restock(sku, 1, order_id)
        self._messages.send(order_id, "proceed", self._client.record)

    def _cancelled(self, order_id: str, scenario: str, chance: random.Random) -> None:
        self._place(order_id, scenario, {self._short(order_id, 1): 2})
        _pause(chance)
        if chance.random() < 0.5:
            self._messages.send(order_id, "Cancel", self._client.record)
        else:
            # 404: purged; 409: it has ended.
            path = f"/api/orders/{order_id}/events/Cancel"
            self._client.insist("POST", path, {}, (202, 404, 409))

    def _expired(self, order_id: str, scenario: str, chance: random.Random) -> None:
        self._place(order_id, scenario, {self._short(order_id, 1): 2})

    def _duplicated(self, order_id: str, scenario: str, chance: random.Random) -> None:
        body = self._begin(order_id, scenario, {self._plenty: 2}, _CARD)
        with ThreadPoolExecutor(3) as pool:
            answers = [pool.submit(self._post, body) for _ in range(3)]
            for answer in answers:
                answer.result()
        # Somebody else's order under the same id is refused, and changes nothing.
        other = {**body, "customerId": "mallory"}
        self._client.insist("POST", "/api/orders", other, (409,))

    def _place(
        self, order_id: str, scenario: str, quantities: dict[str, int], card: str = _CARD
    ) -> None:
        self._post(self._begin(order_id, scenario, quantities, card))

    def _begin(
        self, order_id: str, scenario: str, quantities: dict[str, int], card: str
    ) -> dict[str, Any]:
        self._placed.begin(PlacedOrder(order_id, scenario, quantities))
        return {
            "orderId": order_id,
            "customerId": f"customer-{order_id}",
            "items": [{"sku": sku, "quantity": number} for sku, number in quantities.items()],
            "paymentMethod": card,
        }

    def _post(self, body: dict[str, Any]) -> None:
        order_id = body["orderId"]
        answer = self._client.insist("POST", "/api/orders", body, (202, 409))
        # One that was purged after its end is spent.
        if answer.status == 409 and order_id not in self._placed.those("purge"):
            raise ToolError(f"Order {order_id} was refused with 409: {answer.text[:300]}")
        with self._lock:
            self._client.record.accepted.add(order_id)

    def _short(self, order_id: str, available: int) -> str:
        sku = f"{self._plan.prefix}short-{order_id.rpartition('-')[2]}"
        self._stock(sku, available)
        return sku

    def _stock(self, sku: str, available: int) -> None:
        body = {"description": sku, "unitPrice": 250, "currency": "EUR", "available": available}
        # Before there are orders for it: a repeat would count what they took as new.
        self._client.insist("PUT", f"/api/inventory/{sku}", body)
        self._count(sku, available)

    def _restock(self, sku: str, quantity: int, order_id: str) -> None:
        key = {"Idempotency-Key": f"delivery for {order_id}"}
        body = {"quantity": quantity}
        self._client.insist("POST", f"/api/inventory/{sku}/restock", body, headers=key)
        self._count(sku, quantity)

    def _count(self, sku: str, quantity: int) -> None:
        record = self._client.record
        with self._lock:
            record.stocked = {**record.stocked, sku: record.stocked.get(sku, 0) + quantity}


def _pause(chance: random.Random) -> None:
    time.sleep(chance.uniform(0, 0.3))
