import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from azure.core.exceptions import ServiceResponseError

from ordering.errors import SettingsError, StorageUnavailable
from ordering.model import parse_order
from ordering.shop import open_shop
from ordering.stock.catalogue import parse_stock_item
from ordering.storage.tables import Table, connect


def test_a_table_is_made_on_first_need_by_many_at_once(storage: str) -> None:
    table = Table(connect(storage), "fresh")
    with ThreadPoolExecutor(8) as pool:
        added = list(
            pool.map(lambda n: table.insert({"PartitionKey": "p", "RowKey": str(n)}), range(8))
        )
    assert all(added)
    assert [len(page) for page in table.pages("PartitionKey eq 'p'")] == [8]


def test_a_table_that_exists_costs_no_request_of_its_own(storage: str) -> None:
    count = 0

    def hook(_: object) -> None:
        nonlocal count
        count += 1

    table = Table(connect(storage, raw_response_hook=hook), "fresh")
    table.get("p", "r")
    first, count = count, 0
    table.get("p", "r")
    assert (first, count) == (3, 1)


def test_a_pooled_connection_that_the_server_closed_is_no_trouble(storage: str) -> None:
    dropped = 0

    def drop_once(response: Any) -> None:
        # As a client sees it whose request has arrived but whose answer is lost.
        nonlocal dropped
        if response.http_request.url.endswith("$batch") and not dropped:
            dropped += 1
            response.http_response.internal_response.close()
            raise ServiceResponseError("Connection aborted.")

    shop = open_shop(storage, raw_response_hook=drop_once)
    entry = {"description": "Tea", "unitPrice": 250, "currency": "EUR", "available": 5}
    shop.catalogue.set_item("TEA", parse_stock_item(entry))
    order = parse_order(
        {
            "orderId": "o-1",
            "customerId": "ada",
            "items": [{"sku": "TEA", "quantity": 2}],
            "paymentMethod": "pm_card_visa",
        }
    )
    assert shop.inventory.check_and_reserve(order) is True
    assert dropped == 1
    assert shop.catalogue.list_items()[0]["available"] == 3


def test_storage_that_is_down_shows_within_seconds() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}/x"
    shop = open_shop(f"AccountName=x;AccountKey=a2V5;TableEndpoint={endpoint}")
    start = time.monotonic()
    with pytest.raises(StorageUnavailable, match="Azurite"):
        shop.catalogue.list_items()
    assert time.monotonic() - start < 10


# The SDK's own, with Python 3.12 and later: azure/data/tables/_error.py.
@pytest.mark.filterwarnings("ignore:Testing an element's truth value:DeprecationWarning")
def test_a_refused_key_is_reported_without_the_key(storage: str) -> None:
    wrong = storage.replace("AccountKey=", "AccountKey=AAAA")
    with pytest.raises(StorageUnavailable) as caught:
        open_shop(wrong).catalogue.list_items()
    assert "AAAA" not in str(caught.value)


def test_a_connection_string_that_is_none_is_reported_without_its_text() -> None:
    with pytest.raises(SettingsError) as caught:
        connect("AccountName=x;Secret=topsecret")
    assert "topsecret" not in str(caught.value)
    assert "AzureWebJobsStorage" in str(caught.value)
