"""The counting proxy between the shop and Azurite."""

from collections.abc import Iterator

import pytest
from azure.storage.queue import QueueClient

from ordering.shop import Shop, open_shop
from ordering.stock.catalogue import parse_stock_item
from tools.counting import CountingProxy

TEA = parse_stock_item({"description": "T", "unitPrice": 1, "currency": "EUR", "available": 5})
TAKE = "queue GET event-queue/messages"


@pytest.fixture
def proxy(storage: str) -> Iterator[CountingProxy]:
    with CountingProxy(storage) as running:
        yield running


@pytest.fixture
def shop(proxy: CountingProxy) -> Shop:
    return open_shop(proxy.connection)


@pytest.fixture
def queue(proxy: CountingProxy) -> Iterator[QueueClient]:
    with QueueClient.from_connection_string(proxy.connection, "event-queue") as client:
        yield client


def test_every_request_is_counted_by_kind(proxy: CountingProxy, shop: Shop) -> None:
    shop.catalogue.list_items()
    assert proxy.counts == {"table GET inventory (query)": 2, "table POST Tables": 1}
    before = proxy.counts
    shop.catalogue.set_item("TEA", TEA)
    shop.catalogue.set_item("TEA", TEA)
    assert proxy.counts - before == {
        "table GET inventory (row)": 2,
        "table POST inventory": 1,
        "table POST $batch inventory": 1,
    }


def test_counts_are_a_copy(proxy: CountingProxy, shop: Shop) -> None:
    proxy.counts["table GET inventory (query)"] += 7
    assert not proxy.counts


def test_polls_that_find_nothing_are_counted_apart(
    proxy: CountingProxy, queue: QueueClient
) -> None:
    queue.create_queue()
    assert queue.receive_message() is None
    assert (proxy.idle_polls, proxy.counts[TAKE]) == (1, 0)
    queue.send_message("hello")
    message = queue.receive_message()
    assert message is not None
    queue.delete_message(message)
    assert proxy.idle_polls == 1
    assert proxy.counts == {
        "queue PUT event-queue": 1,
        "queue POST event-queue/messages": 1,
        TAKE: 1,
        "queue DELETE event-queue/messages": 1,
    }


def test_connections_are_counted_by_service(proxy: CountingProxy, storage: str) -> None:
    for shop in (open_shop(proxy.connection), open_shop(proxy.connection)):
        for _ in range(3):
            shop.catalogue.list_items()
    assert proxy.connections == {"table": 2}
