"""The auditor on real storage: what the app writes, as somebody else reads it."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from azure.storage.queue import QueueClient

from ordering.model import OrderRequest, parse_order
from ordering.shop import Shop, open_shop
from ordering.stock.catalogue import parse_stock_item
from tools.audit import __main__ as command
from tools.audit.__main__ import tool
from tools.audit.books import Books, read_books
from tools.audit.entries import Queued
from tools.audit.invariants import check

QUEUE = "event-queue"


class FakeHost(ThreadingHTTPServer):
    """Answers the list of orders, and nothing else, as the durable extension does."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.orders: list[dict[str, Any]] = []
        self.asked: list[str] = []

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def show(self, order_id: str, status: str, stage: str, output: Any = None) -> None:
        self.orders.append(
            {
                "name": "PlaceOrder",
                "instanceId": order_id,
                "runtimeStatus": status,
                "customStatus": {"stage": stage},
                "output": output,
                "lastUpdatedTime": "2026-11-22T20:00:00Z",
            }
        )


class Handler(BaseHTTPRequestHandler):
    server: FakeHost

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        data = json.dumps(self.server.orders).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""


@pytest.fixture
def host() -> Iterator[FakeHost]:
    with FakeHost() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def queue(storage: str) -> Iterator[QueueClient]:
    with QueueClient.from_connection_string(storage, QUEUE) as client:
        client.create_queue()
        yield client


@pytest.fixture
def shop(storage: str) -> Shop:
    found = open_shop(storage)
    for sku, available in (("TEA", 5), ("MUG", 0)):
        item = {"description": sku, "unitPrice": 250, "currency": "EUR", "available": available}
        found.catalogue.set_item(sku, parse_stock_item(item))
    return found


@pytest.fixture
def books(storage: str, host: FakeHost) -> Callable[[], Books]:
    return lambda: read_books(storage, host.base_url)


@pytest.fixture
def audit(storage: str, host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    monkeypatch.setattr(command, "PAUSE", 0.0)
    arguments = ["--connection", storage, "--base-url", host.base_url, "--grace", "0"]
    return lambda: tool.run(arguments)


def order(order_id: str, **items: int) -> OrderRequest:
    lines = [{"sku": sku, "quantity": quantity} for sku, quantity in items.items()]
    customer = {"customerId": "ada", "paymentMethod": "pm_card_visa"}
    return parse_order({"orderId": order_id, "items": lines, **customer})


def place(shop: Shop, placed: OrderRequest) -> bool:
    shop.accepted.accept(placed)
    return shop.inventory.check_and_reserve(placed)


def test_messages_are_counted_also_those_that_somebody_works_on(
    storage: str, queue: QueueClient, books: Callable[[], Books]
) -> None:
    assert books().queue == Queued()
    for text in ("first", "second", "third"):
        queue.send_message(text)
    queue.receive_message(visibility_timeout=60)
    with QueueClient.from_connection_string(storage, f"{QUEUE}-poison") as poison:
        poison.create_queue()
        poison.send_message("given up")
    found = books().queue
    assert (found.messages, found.poison) == (3, 1)
    assert found.oldest is not None
    assert abs((datetime.now(timezone.utc) - found.oldest).total_seconds()) < 60


def test_a_message_that_stays_on_the_queue_is_told_with_exit_code_1(
    queue: QueueClient, audit: Callable[[], int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit() == 0
    queue.send_message("nobody takes it")
    queue.send_message("nor this")
    assert audit() == 1
    printed = capsys.readouterr().out
    assert "Messages: 2 on the queue, 0 poison." in printed
    assert "VIOLATED 4." in printed and "2 messages are still on the queue" in printed


def test_an_order_is_followed_through_all_that_the_shop_writes(
    shop: Shop, host: FakeHost, books: Callable[[], Books]
) -> None:
    placed = order("o-1", TEA=2, MUG=1)
    assert not place(shop, placed)
    host.show("o-1", "Running", "AwaitingProceed")
    found = books()
    row = found.reservations["o-1"]
    assert (row.state, row.needs, row.queued) == ("waiting", {"TEA": 2, "MUG": 1}, {"TEA", "MUG"})
    assert found.waiting == {"o-1": {"TEA", "MUG"}}
    assert {place.since for place in found.lines} == {row.since}
    changed = found.stock["MUG"].changed
    assert changed is not None and abs((found.read_at - changed).total_seconds()) < 60
    assert check(found) == []

    shop.restocks.restock("MUG", 1)
    [idle] = check(books())
    assert idle.invariant == 6 and "order o-1 waits since" in idle.text

    assert shop.inventory.check_and_reserve(placed)
    invoice = shop.payments.pay(placed)["invoice"]
    host.orders.clear()
    host.show("o-1", "Completed", "Invoiced", invoice)
    found = books()
    assert found.waiting == {}
    assert found.reservations["o-1"].held and found.reservations["o-1"].total == 750
    [payment] = found.payments["o-1"]
    assert payment.charged and payment.worth == payment.total == 750
    assert check(found) == []


def test_an_order_that_ended_by_a_decision_leaves_nothing(
    shop: Shop, host: FakeHost, books: Callable[[], Books]
) -> None:
    assert place(shop, order("o-1", TEA=2))
    assert not place(shop, order("o-2", MUG=2))
    for order_id in ("o-1", "o-2"):
        end = {"orderId": order_id, "stage": "Cancelled", "reason": "She changed her mind."}
        host.show(order_id, "Completed", "Cancelled", end)
    assert [text for number, text in check(books()) if number == 1] == [
        "order o-1 is Cancelled and still holds stock",
        "order o-2 is Cancelled and still waits for stock",
    ]
    shop.undo("o-1")
    shop.undo("o-2")
    found = books()
    assert found.reservations["o-1"].state == found.reservations["o-2"].state == "released"
    assert check(found) == []


def test_an_archived_order_is_still_sold(shop: Shop, books: Callable[[], Books]) -> None:
    placed = order("o-1", TEA=2)
    assert place(shop, placed)
    shop.payments.pay(placed)
    shop.cleanup.close(["o-1"])
    shop.cleanup.archive(["o-1"])
    found = books()
    assert found.is_archived("o-1") and "o-1" not in found.reservations
    assert found.stock["TEA"].available == 3
    assert check(found) == []


def test_some_orders_and_skus_can_be_read_alone(storage: str, shop: Shop, host: FakeHost) -> None:
    for sku in ("r1-tea", "r2-tea"):
        item = {"description": sku, "unitPrice": 250, "currency": "EUR", "available": 1}
        shop.catalogue.set_item(sku, parse_stock_item(item))
    for order_id in ("r1-a", "r1-b", "r2-a"):
        placed = order(order_id, **{f"{order_id[:2]}-tea": 1})
        if place(shop, placed):
            shop.payments.pay(placed)
    found = read_books(storage, host.base_url, only="r1-")
    assert set(found.stock) == {"r1-tea"}
    assert set(found.reservations) == set(found.accepted) == {"r1-a", "r1-b"}
    assert {place.order_id for place in found.lines} == {"r1-b"}
    assert set(found.payments) == {"r1-a"}
    assert "instanceIdPrefix=r1-" in host.asked[-1]
