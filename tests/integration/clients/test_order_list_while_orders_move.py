"""Whoever pages through the list sees every order that stood there, while all of them move."""

import asyncio
import json
import random
from collections.abc import Iterator
from datetime import datetime
from threading import Lock
from typing import Any

import azure.functions as func
import pytest

from clients.order_list import list_orders
from ordering.clock import timestamp
from ordering.model import OrderRequest, parse_order
from ordering.shop import Shop, shop
from ordering.storage.tables import Table
from tests.integration.clients.listing_host import ListingHost, second

pytestmark = pytest.mark.usefixtures("tea")
function = list_orders.build().get_user_function()


def an_order(order_id: str, quantity: int) -> OrderRequest:
    return parse_order(
        {
            "orderId": order_id,
            "customerId": "ada",
            "items": [{"sku": "TEA", "quantity": quantity}],
            "paymentMethod": "pm_card_visa",
        }
    )


class World:
    """Orders that take one step after the other, each as the app and the host take it."""

    def __init__(self, host: ListingHost, shop: Shop, chance: random.Random) -> None:
        self.host, self.shop, self.chance = host, shop, chance
        self.seconds = 0
        self.next: dict[str, Iterator[None]] = {}
        self._lock = Lock()

    def now(self) -> datetime:
        return second(self.seconds)

    def place(self, order_id: str) -> None:
        self.host.add(order_id, "Pending", None, createdTime=timestamp(self.now()))
        self.next[order_id] = self._life(order_id)

    def move(self, *_: Any) -> None:
        """Let some order take its next step, unless a step is being taken."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            self.seconds += self.chance.choice((0, 1, 5))
            if self.next and self.chance.random() < 0.7:
                order_id = self.chance.choice(sorted(self.next))
                if next(self.next[order_id], self) is self:
                    del self.next[order_id]
        finally:
            self._lock.release()

    def _life(self, order_id: str) -> Iterator[None]:
        status = self.host.find(order_id)
        status["runtimeStatus"] = "Running"
        yield
        begins = self.chance.random()
        if begins < 0.1:
            yield from self._decided(order_id, "Rejected")
            return
        if begins < 0.3:
            status.update(runtimeStatus="Failed", output="no order")
            return
        status["customStatus"] = {"stage": "CheckingInventory"}
        self.shop.inventory.check_and_reserve(an_order(order_id, self.chance.choice((1, 99))))
        yield
        status["customStatus"] = {"stage": self.chance.choice(("AwaitingProceed", "Failed"))}
        yield
        end = self.chance.choice(("Cancelled", "Expired", "Invoiced", "Invoiced", "Failed"))
        if end == "Failed":
            status.update(runtimeStatus="Failed", output="broken")
            yield
            self.shop.undo(order_id)
            self.shop.cleanup.close([order_id])
        elif end == "Invoiced":
            status.update(runtimeStatus="Completed", customStatus={"stage": end}, output={})
            yield
            self.sweep(order_id)
        else:
            yield from self._decided(order_id, end)

    def _decided(self, order_id: str, stage: str) -> Iterator[None]:
        status = self.host.find(order_id)
        self.shop.inventory.release(order_id, stage)
        yield
        output = {"orderId": order_id, "stage": stage, "reason": "so"}
        status.update(runtimeStatus="Completed", customStatus={"stage": stage}, output=output)
        yield
        self.shop.cleanup.close([order_id])

    def sweep(self, order_id: str) -> None:
        pages = self.shop.cleanup.open_orders()
        found = [order for page in pages for order in page if order.order_id == order_id]
        self.shop.cleanup.close_invoiced(found)


@pytest.fixture
def world(host: ListingHost, monkeypatch: pytest.MonkeyPatch, request: Any) -> World:
    world = World(host, shop(), random.Random(request.param))
    monkeypatch.setattr(shop().inventory, "_now", world.now)
    for number in range(12):
        world.place(f"o-{world.chance.randrange(10_000):04d}-{number}")
    for _ in range(world.chance.randrange(30)):
        world.move()
    # Before each thing that the list reads, of the host and of the warehouse.
    host.before = world.move
    pages = Table.pages

    def moving(self: Table, *args: Any, **named: Any) -> Any:
        world.move()
        return pages(self, *args, **named)

    monkeypatch.setattr(Table, "pages", moving)
    return world


def read_page(host: ListingHost, query: dict[str, str]) -> Any:
    request = func.HttpRequest(
        method="GET", url="http://localhost/api/orders", params=query, body=b""
    )
    response = asyncio.run(function(req=request, client=host.binding))
    assert response.status_code == 200
    return json.loads(response.get_body())


@pytest.mark.parametrize("world", range(25), indirect=True)
def test_no_order_that_stood_there_is_missed(world: World) -> None:
    there = {str(order["instanceId"]) for order in world.host.orders}
    query = {"top": world.chance.choice("1234")}
    seen: list[str] = []
    for _ in range(100):
        answer = read_page(world.host, query)
        page = [order["orderId"] for order in answer["orders"]]
        assert len(page) == len(set(page))
        seen += page
        if answer["continuationToken"] is None:
            break
        query["continuationToken"] = answer["continuationToken"]
        world.move()
    assert there <= set(seen)
    # Twice is for those that moved, not for all.
    assert len(seen) < 2 * len(there)


@pytest.mark.parametrize("world", range(25, 35), indirect=True)
def test_when_all_have_come_to_rest_each_is_listed_once_by_its_stage(world: World) -> None:
    while world.next:
        world.move()
    listed: list[str] = []
    for stage in ("Invoiced", "Cancelled", "Expired", "Rejected", "Failed"):
        found = [o["orderId"] for o in read_page(world.host, {"stage": stage})["orders"]]
        stages = {o["stage"] for o in read_page(world.host, {"stage": stage})["orders"]}
        assert stages <= {stage}
        listed += found
    everything = [o["orderId"] for o in read_page(world.host, {})["orders"]]
    assert (
        sorted(listed) == sorted(everything) == sorted(o["instanceId"] for o in world.host.orders)
    )
