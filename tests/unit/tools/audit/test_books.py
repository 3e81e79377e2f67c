"""What the auditor reads, from a storage and a host in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from email.message import Message
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    ResourceNotFoundError,
    ServiceRequestError,
)

from tests.unit.tools.audit.sound_books import RELEASED, SOUND, archived, with_reservation
from tools.audit import books
from tools.audit.books import Books, read_books
from tools.audit.entries import Acceptance, Order, Payment, Place, Queued, Reservation, Stock
from tools.http_client import Response
from tools.processes import ToolError

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
STORAGE = (
    "DefaultEndpointsProtocol=http;AccountName=shop;AccountKey=a2V5;"
    "TableEndpoint=http://127.0.0.1:9/shop;QueueEndpoint=http://127.0.0.1:9/shop;"
)
# Nobody waits minutes to hear that the storage is away.
IMPATIENT = {"retry_total", "retry_connect", "retry_backoff_factor"}


class Row(dict[str, Any]):
    """A row as the SDK gives it, with the time of its last change."""

    metadata = {"timestamp": NOON}


class World:
    """Tables, queues and a host's list of orders, a hundred a page; counts who is still open."""

    def __init__(self) -> None:
        self.tables: dict[str, list[dict[str, Any]]] = {}
        self.filters: dict[str, str] = {}
        self.queues: dict[str, list[datetime | None]] = {}
        self.hidden = 0
        self.orders: list[dict[str, Any]] = []
        self.asked: list[tuple[str, dict[str, str], str]] = []
        self.answer = Response(200)
        self.trouble: Exception | None = None
        self.open = 0

    @contextmanager
    def table_service(self, url: str, **given: Any) -> Iterator[Any]:
        assert url.startswith("http://127.0.0.1:9/shop") and given["credential"] is not None
        assert given.keys() >= IMPATIENT
        self.open += 1
        yield SimpleNamespace(get_table_client=self._table)
        self.open -= 1

    def _table(self, name: str) -> Any:
        def listed(asked_for: str = "") -> list[dict[str, Any]]:
            if self.trouble is not None:
                raise self.trouble
            if name not in self.tables:
                raise ResourceNotFoundError("no such table")
            if asked_for:
                self.filters[name] = asked_for
            return self.tables[name]

        return SimpleNamespace(list_entities=listed, query_entities=listed)

    @contextmanager
    def queue(self, account: Any, name: str, **given: Any) -> Iterator[Any]:
        assert given.keys() >= IMPATIENT

        def found() -> list[datetime | None]:
            if name not in self.queues:
                raise ResourceNotFoundError("no such queue")
            return self.queues[name]

        def properties() -> Any:
            return SimpleNamespace(approximate_message_count=len(found()) + self.hidden or None)

        def peek(most: int) -> list[Any]:
            assert 1 <= most <= 32, "the service shows no more"
            return [SimpleNamespace(inserted_on=since) for since in found()[:most]]

        self.open += 1
        yield SimpleNamespace(get_queue_properties=properties, peek_messages=peek)
        self.open -= 1

    def show(self, order_id: str, **more: Any) -> None:
        entry = {"instanceId": order_id, "name": "PlaceOrder", "runtimeStatus": "Running"}
        self.orders.append({**entry, "lastUpdatedTime": "2026-11-22T12:00:00Z", **more})

    def request(self, method: str, url: str, *, headers: Mapping[str, str]) -> Response:
        assert method == "GET"
        parts = urlsplit(url)
        query = {name: value for name, [value] in parse_qs(parts.query, True).items()}
        token = headers.get("x-ms-continuation-token", "0")
        assert token
        self.asked.append((f"{parts.netloc}{parts.path}", query, token))
        if self.answer.status != 200:
            return self.answer
        start, most = int(token), int(query["top"])
        page = self.orders[start : start + most]
        answered = Message()
        if len(self.orders) > start + most:
            answered["x-ms-continuation-token"] = str(start + most)
        return Response(200, json.dumps(page).encode(), answered)

    def read(self, **more: str) -> Books:
        found = read_books(STORAGE, "http://app:7071/", **more)
        assert self.open == 0, "something was left open"
        return found


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(books, "TableServiceClient", world.table_service)
    monkeypatch.setattr(books, "queue_client", world.queue)
    monkeypatch.setattr(books, "request", world.request)
    return world


def test_of_an_app_that_has_done_nothing_the_books_are_empty(world: World) -> None:
    found = world.read()
    assert (found.stock, found.reservations, found.lines) == ({}, {}, frozenset())
    assert (found.accepted, found.payments, found.orders) == ({}, {}, {})
    assert found.queue == Queued(0, None, 0)
    assert abs(found.read_at - datetime.now(timezone.utc)) < timedelta(minutes=1)


def test_each_table_is_read_for_what_it_is(world: World) -> None:
    lines = json.dumps([{"sku": "TEA", "quantity": 2, "unitPrice": 250}])
    world.tables = {
        "inventory": [
            Row(RowKey="sku:TEA", available=(3, "Edm.Int64"), stocked=(5, "Edm.Int64")),
            Row(RowKey="order:o-1", state="held", lines=lines),
            Row(RowKey="waiting:TEA:then:o-2"),
        ],
        "orders": [{"PartitionKey": "o-1", "order": '{"customerId":"ada"}'}],
        "payments": [{"PartitionKey": "o-1", "state": "charged", "total": 500, "lines": lines}],
    }
    found = world.read()
    assert found.stock == {"TEA": Stock(3, 5, NOON)}
    assert found.reservations == {"o-1": Reservation("held", {"TEA": 2}, 500)}
    assert found.lines == {Place("TEA", "then", "o-2")}
    assert found.accepted == {"o-1": Acceptance({"customerId": "ada"})}
    assert found.payments == {"o-1": (Payment("charged", 500, quantities={"TEA": 2}, worth=500),)}
    assert world.filters == {}


def test_only_the_rows_of_ids_and_skus_that_begin_so_are_asked_for(world: World) -> None:
    world.tables = {"inventory": [], "orders": [], "payments": []}
    world.read(only="r1-")
    of_orders = "PartitionKey ge 'r1-' and PartitionKey lt 'r1-~'"
    assert world.filters == {
        "inventory": "(RowKey ge 'order:r1-' and RowKey lt 'order:r1-~')"
        " or (RowKey ge 'sku:r1-' and RowKey lt 'sku:r1-~')"
        " or (RowKey ge 'waiting:r1-' and RowKey lt 'waiting:r1-~')",
        "orders": of_orders,
        "payments": of_orders,
    }
    [(_, query, _)] = world.asked
    assert query == {"top": "100", "showInput": "false", "instanceIdPrefix": "r1-"}


def test_messages_are_counted_also_hidden_ones_and_the_oldest_tells_since_when(
    world: World,
) -> None:
    later = NOON + timedelta(hours=1)
    world.queues = {"event-queue": [later, None, NOON, later], "event-queue-poison": [later]}
    assert world.read().queue == Queued(4, NOON, 1)
    world.queues = {"event-queue": [], "event-queue-poison": []}
    assert world.read().queue == Queued(0, None, 0)
    world.queues, world.hidden = {"event-queue": [], "event-queue-poison": []}, 2
    assert world.read().queue == Queued(2, None, 2)


def test_orders_are_read_page_by_page_and_other_orchestrations_left_out(world: World) -> None:
    for number in range(250):
        name = {0: "Audit", 1: "Warm"}.get(number % 100, "PlaceOrder")
        world.show(f"o-{number:03d}", name=name, customStatus={"stage": "Invoiced"}, output=number)
    found = world.read(code="key").orders
    assert sorted(found) == [f"o-{n:03d}" for n in range(250) if n % 100 > 1]
    assert found["o-249"] == Order("Running", "Invoiced", 249, NOON)
    asked = {"top": "100", "showInput": "false", "code": "key"}
    url = "app:7071/runtime/webhooks/durabletask/instances"
    assert world.asked == [(url, asked, token) for token in ("0", "100", "200")]


@pytest.mark.parametrize("custom", [None, "a text", ["stage"], {}])
def test_an_order_that_shows_no_stage_has_none(world: World, custom: Any) -> None:
    world.show("o-1", customStatus=custom)
    assert world.read().orders == {"o-1": Order("Running", "", None, NOON)}


@pytest.mark.parametrize(
    ("answer", "told"),
    [(Response(0, b"connection refused"), "gives no answer"), (Response(401), "gives status 401")],
)
def test_a_host_that_gives_no_list_is_told_with_what_to_do(
    world: World, answer: Response, told: str
) -> None:
    world.answer = answer
    with pytest.raises(
        ToolError, match=f"The app at http://app:7071/ {told} to the list"
    ) as raised:
        world.read()
    assert "`make run` starts it" in str(raised.value) and "--code" in str(raised.value)


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (ServiceRequestError("http://shop/?sig=secret"), "(ServiceRequestError)"),
        (ClientAuthenticationError("Server refused.\nTime: 12:00"), "(Server refused.)"),
        (ValueError("a value of secret"), "(ValueError)"),
    ],
)
def test_of_a_storage_that_cannot_be_read_no_address_is_told(
    world: World, trouble: Exception, told: str
) -> None:
    world.trouble = trouble
    with pytest.raises(ToolError, match="The storage of the app cannot be read") as raised:
        read_books(STORAGE, "http://app:7071")
    assert told in str(raised.value) and "secret" not in str(raised.value)
    assert "`make run` starts Azurite" in str(raised.value)
    assert raised.value.__suppress_context__


def test_an_order_stands_in_line_for_all_its_skus() -> None:
    places = [Place("TEA", "then", "o-1"), Place("MUG", "then", "o-1"), Place("TEA", "now", "o-2")]
    assert Books(lines=frozenset(places)).waiting == {"o-1": {"TEA", "MUG"}, "o-2": {"TEA"}}


CHARGED, OPEN, BACK = Payment("charged"), Payment("open"), Payment("refunded")


@pytest.mark.parametrize(
    ("payments", "is_charged"),
    [((), False), ((OPEN,), False), ((BACK,), False), ((OPEN, CHARGED), True)],
)
def test_an_order_is_charged_by_any_of_its_payments(
    payments: tuple[Payment, ...], is_charged: bool
) -> None:
    found = Books(payments={"o-1": payments})
    assert found.charged("o-1") is is_charged and not found.charged("o-2")


SOUND_ENDS = {"sold", "cancelled", "declined", "rejected", "terminated"}


@pytest.mark.parametrize(
    ("found", "ended"),
    [
        (SOUND, SOUND_ENDS),
        (with_reservation("waits", RELEASED), {*SOUND_ENDS, "waits"}),
        (archived("waits"), {*SOUND_ENDS, "waits"}),
        (Books(), set()),
    ],
)
def test_the_tables_alone_tell_of_ends(found: Books, ended: set[str]) -> None:
    assert {name for name in (*SOUND.reservations, "nobody") if found.has_ended(name)} == ended
