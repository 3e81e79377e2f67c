"""The counting proxy between the shop and Azurite."""

from collections.abc import Iterator

import pytest
from azure.data.tables import TableClient
from azure.storage.queue import QueueClient

from tools.counting import CountingProxy

TEA = {"PartitionKey": "main", "RowKey": "sku:TEA"}
TAKE = "queue GET event-queue/messages"


@pytest.fixture
def proxy(storage: str) -> Iterator[CountingProxy]:
    with CountingProxy(storage) as running:
        yield running


@pytest.fixture
def table(proxy: CountingProxy) -> Iterator[TableClient]:
    with TableClient.from_connection_string(proxy.connection, "inventory") as client:
        client.create_table()
        yield client


@pytest.fixture
def queue(proxy: CountingProxy) -> Iterator[QueueClient]:
    with QueueClient.from_connection_string(proxy.connection, "event-queue") as client:
        yield client


def test_every_request_is_counted_by_kind(proxy: CountingProxy, table: TableClient) -> None:
    assert proxy.counts == {"table POST Tables": 1}
    before = proxy.counts
    table.create_entity(TEA)
    list(table.query_entities("RowKey eq 'sku:TEA'"))
    for _ in range(2):
        table.get_entity("main", "sku:TEA")
        table.submit_transaction([("upsert", TEA)])
    assert proxy.counts - before == {
        "table POST inventory": 1,
        "table GET inventory (query)": 1,
        "table GET inventory (row)": 2,
        "table POST $batch inventory": 2,
    }


def test_counts_are_a_copy(proxy: CountingProxy) -> None:
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


def test_connections_are_counted_by_service(proxy: CountingProxy, table: TableClient) -> None:
    with TableClient.from_connection_string(proxy.connection, "inventory") as another:
        for _ in range(3):
            list(table.list_entities())
            list(another.list_entities())
    assert proxy.connections == {"table": 2}
