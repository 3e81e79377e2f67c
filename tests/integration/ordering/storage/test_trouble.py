"""Storage that does not answer as it should, and what a person is told."""

import logging
import socket
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from azure.core.exceptions import ServiceResponseError

from ordering.errors import OrderingError, StorageUnavailable
from ordering.model import parse_order
from ordering.shop import open_shop
from ordering.stock.catalogue import parse_stock_item
from ordering.storage.credentials import account_from_connection_string
from ordering.storage.queues import open_queue
from ordering.storage.tables import Table, connect
from ordering.storage.transactions import Changed, Insert
from tests.integration.ordering.storage.scripted_service import Reply, ScriptedService

Service = Callable[..., ScriptedService]
ROW = {"PartitionKey": "p", "RowKey": "r"}
KEY = "c2VjcmV0c2VjcmV0"
SIGNED = f"SharedAccessSignature=sv=2019-02-02&sig={KEY}"

CALLS: dict[str, Callable[[Table], Any]] = {
    "get": lambda table: table.get("p", "r"),
    "get_many": lambda table: table.get_many("p", ["r", "s"]),
    "pages": lambda table: list(table.pages("RowKey eq 'r'")),
    "insert": lambda table: table.insert(ROW),
    "transact": lambda table: table.transact([Insert(ROW)]),
    "merge": lambda table: table.merge("p", "r", {"n": 1}),
    "delete": lambda table: table.delete("p", "r"),
}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


def away() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/account"


def test_a_lost_answer_is_asked_for_once_more(service: Service) -> None:
    lossy = service(Reply(0), Reply(204, headers={"ETag": "e"}))
    assert Table(connect(lossy.connection()), "t").insert(ROW) == "e"
    assert len(lossy.asked) == 2


@pytest.mark.parametrize("call", [CALLS["get"], CALLS["insert"], CALLS["transact"]])
def test_answers_that_are_always_lost_are_reported(
    service: Service, call: Callable[[Table], Any]
) -> None:
    lossy = service(Reply(0))
    with pytest.raises(StorageUnavailable, match=r"cannot be reached \(ServiceResponseError"):
        call(Table(connect(lossy.connection()), "t"))
    assert len(lossy.asked) == 2


def test_a_transaction_whose_answer_got_lost_finds_itself_done(storage: str) -> None:
    lost: list[Any] = []

    def lose_once(response: Any) -> None:
        if response.http_request.url.endswith("$batch") and not lost:
            lost.append(response)
            raise ServiceResponseError("Connection aborted.")

    Table(connect(storage), "things").insert({**ROW, "RowKey": "other"})
    table = Table(connect(storage, raw_response_hook=lose_once), "things")
    with pytest.raises(Changed) as caught:
        table.transact([Insert(ROW)])
    assert caught.value.exists
    assert table.get("p", "r") is not None


def test_an_order_whose_transaction_was_done_twice_holds_its_stock_once(storage: str) -> None:
    lost: list[Any] = []

    def lose_once(response: Any) -> None:
        if response.http_request.url.endswith("$batch") and not lost:
            lost.append(response)
            raise ServiceResponseError("Connection aborted.")

    shop = open_shop(storage, raw_response_hook=lose_once)
    entry = {"description": "Tea", "unitPrice": 250, "currency": "EUR", "available": 5}
    open_shop(storage).catalogue.set_item("TEA", parse_stock_item(entry))
    order = {
        "orderId": "o-1",
        "customerId": "ada",
        "items": [{"sku": "TEA", "quantity": 2}],
        "paymentMethod": "pm_card_visa",
    }
    assert shop.inventory.check_and_reserve(parse_order(order)) is True
    assert len(lost) == 1
    assert shop.catalogue.list_items()[0].entry["available"] == 3


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("call", [CALLS["get"], CALLS["insert"]])
def test_a_short_wait_that_the_service_asks_for_is_kept(
    service: Service, slept: list[float], status: int, call: Callable[[Table], Any]
) -> None:
    busy = service(
        Reply(status, "ServerBusy", {"Retry-After": "2"}),
        Reply(200, headers={"ETag": "e"}, body=b'{"RowKey": "r"}'),
    )
    assert call(Table(connect(busy.connection()), "t"))
    assert slept == [2.0]


@pytest.mark.parametrize("status", [429, 503])
@every_call
def test_a_long_wait_is_left_to_the_caller(
    service: Service, slept: list[float], status: int, call: Callable[[Table], Any]
) -> None:
    busy = service(Reply(status, "ServerBusy", {"Retry-After": "60"}))
    with pytest.raises(StorageUnavailable, match=rf"{status} \(ServerBusy, table t\).*busy"):
        call(Table(connect(busy.connection()), "t"))
    assert slept == []
    assert len(busy.asked) <= 2, "one for each row that was asked for"


@every_call
def test_a_service_that_stays_busy_is_reported_within_seconds(
    service: Service, slept: list[float], call: Callable[[Table], Any]
) -> None:
    busy = service(Reply(503, "ServerBusy"))
    with pytest.raises(StorageUnavailable, match="busy"):
        call(Table(connect(busy.connection()), "t"))
    assert sum(slept) < 10


@every_call
def test_storage_that_is_away_shows_within_seconds(call: Callable[[Table], Any]) -> None:
    table = Table(connect(f"AccountName=a;AccountKey={KEY};TableEndpoint={away()}"), "t")
    start = time.monotonic()
    with pytest.raises(StorageUnavailable, match="Azurite"):
        call(table)
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("name", ["pages", "insert", "transact", "merge", "delete"])
def test_an_account_that_is_not_there_is_no_row_that_is_not(service: Service, name: str) -> None:
    gone = service(Reply(404, "ResourceNotFound"))
    with pytest.raises(StorageUnavailable, match="404"):
        CALLS[name](Table(connect(gone.connection()), "t"))


def test_a_reason_that_the_machine_gives_is_told() -> None:
    table = Table(connect(f"AccountName=a;AccountKey={KEY};TableEndpoint={away()}"), "t")
    with pytest.raises(StorageUnavailable, match="Connection refused"):
        table.get("p", "r")


def test_an_answer_that_misses_an_operation_is_not_taken_for_one(service: Service) -> None:
    odd = service(Reply(202, body=b"--batchresponse_1--\r\n"))
    with pytest.raises(StorageUnavailable, match="incomplete"):
        Table(connect(odd.connection()), "t").transact([Insert(ROW)])


def test_a_wrong_filter_is_told_from_trouble(storage: str) -> None:
    table = Table(connect(storage), "things")
    table.insert(ROW)
    with pytest.raises(StorageUnavailable, match="400 .*trying again does not help"):
        list(table.pages("RowKey eq eq 'r'"))


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("AuthenticationFailed", "refuses the account key of the connection string. Set Azure"),
        ("AuthorizationFailure", "Does the firewall of the account account let the app in"),
    ],
)
def test_a_refused_key_says_what_to_do(service: Service, code: str, advice: str) -> None:
    refusing = service(Reply(403, code))
    with pytest.raises(StorageUnavailable, match=advice):
        Table(connect(refusing.connection()), "t").get("p", "r")


@pytest.mark.parametrize("proof", [f"AccountKey={KEY}", SIGNED])
@pytest.mark.parametrize("replies", [[], [Reply(0)], [Reply(403, "AuthenticationFailed")]])
def test_no_secret_is_in_an_error_or_in_a_log(
    service: Service,
    proof: str,
    replies: list[Reply],
    caplog: pytest.LogCaptureFixture,
    slept: list[float],
) -> None:
    url = service(*replies).url if replies else away()
    connection = f"AccountName=account;{proof};TableEndpoint={url};QueueEndpoint={url}"
    account = account_from_connection_string(connection)
    shown = [repr(account)]
    with caplog.at_level(logging.DEBUG):
        for call in (*CALLS.values(), lambda _: open_queue(account, "q").send(["text"])):
            with pytest.raises(OrderingError) as caught:
                call(Table(connect(account), "t"))
            shown += traceback.format_exception(caught.value)
    assert KEY not in "\n".join([*shown, caplog.text])


def test_threads_as_many_as_a_pool_holds_have_a_connection_each_without_a_warning(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PYTHON_THREADPOOL_THREAD_COUNT", "10")
    together = Barrier(100)
    table = Table(
        connect(
            service(Reply(200, body=b'{"RowKey": "r"}')).connection(),
            raw_request_hook=lambda _: together.wait(30),
        ),
        "t",
    )
    with ThreadPoolExecutor(100) as pool:
        found = list(pool.map(lambda _: table.get("p", "r"), range(200)))
    assert all(found)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
