"""The pages of the list of orders, on a host and a shop in memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import azure.functions as func
import pytest

from clients import order_list, order_places, order_status, order_statuses
from clients.order_list import MOST_ASKED, list_orders
from clients.order_pages import Page
from clients.order_statuses import CompletedOrders
from durable_sdk import HostTrouble, InstanceStatus
from ordering.model import BUSINESS_ENDS
from ordering.stock.ended import LISTED, listing
from ordering.stock.rows import open_key, row
from ordering.storage.transactions import Upsert
from tests.in_memory_shop import InMemoryShop

START = datetime(2027, 1, 1, tzinfo=timezone.utc)
BINDING = json.dumps(
    {
        "rpcBaseUrl": "http://127.0.0.1:9/",
        "baseUrl": "http://127.0.0.1:9/",
        "requiredQueryStringParameters": "",
    }
)
STAGES = (*LISTED, "Invoiced", "AwaitingProceed", "ProcessingPayment", "Failed", "Pending")
CANCELLED = {"orderId": "any", "stage": "Cancelled", "reason": "so"}
INPUT = {"items": [{"sku": "TEA", "quantity": 7}]}


def second(number: int) -> datetime:
    return START + timedelta(seconds=number)


class Host:
    """Knows orchestrations, lists them by id, a hundred at a time, and tells one by its id."""

    def __init__(self, world: InMemoryShop) -> None:
        self.world = world
        self.known: dict[str, InstanceStatus] = {}
        self.pages: list[tuple[tuple[str, ...], bool]] = []
        self.asked: list[list[str]] = []
        self.inputs: list[bool] = []
        self.is_away = False

    def add(
        self, order_id: str, status: str, stage: str | None, when: int = 0, **more: Any
    ) -> None:
        at, custom = second(when), stage and {"stage": stage}
        output = more.pop("output", None)
        name = more.pop("name", "PlaceOrder")
        self.known[order_id] = InstanceStatus(order_id, name, status, custom, output, at, at, INPUT)

    def add_all(self, orders: Sequence[tuple[str, str]], swept: bool = True) -> None:
        """Add orders with their stages, one a second, with the rows that they have by then."""
        for number, (order_id, stage) in enumerate(orders):
            decided = stage in BUSINESS_ENDS
            ended = "Failed" if stage == "Failed" else "Completed"
            live = "Pending" if stage == "Pending" else "Running"
            status = ended if stage in (*LISTED, "Failed") else live
            output = {**CANCELLED, "stage": stage} if decided else {}
            self.add(order_id, status, None if stage == "Pending" else stage, number, output=output)
            if stage in LISTED and (swept or decided):
                self.put(*listing(stage, second(number), order_id)[1])
            elif stage not in ("Pending", "Failed"):
                self.open(order_id, number)

    def open(self, order_id: str, when: int) -> None:
        self.put(row(open_key(order_id), since=second(when).strftime("%Y-%m-%dT%H:%M:%SZ")))

    def put(self, *rows: dict[str, Any]) -> None:
        for each in rows:
            self.world.warehouse.transact([Upsert(each)])

    async def read_page(
        self, binding: str, statuses: Sequence[str], token: str | None, *, with_input: bool = False
    ) -> Page:
        self._answer()
        self.pages.append((tuple(statuses), with_input))
        found = [self.known[name] for name in sorted(self.known) if name >= (token or "")]
        found = [status for status in found if status.runtime_status in statuses]
        return Page(found[:100], found[100].instance_id if len(found) > 100 else None)

    async def read_each(
        self, binding: str, ids: Sequence[str], *, with_input: bool = False
    ) -> list[InstanceStatus]:
        self._answer()
        self.asked.append(list(ids))
        self.inputs.append(with_input)
        return [self.known[name] for name in ids if name in self.known]

    def _answer(self) -> None:
        if self.is_away:
            raise HostTrouble("away")

    def listed(self, **query: str) -> tuple[int, Any, str | None]:
        """Ask for a page; return its status, its body and the token in its header."""
        function = list_orders.build().get_user_function()
        request = func.HttpRequest("GET", "http://localhost/api/orders", params=query, body=b"")
        answer = asyncio.run(function(req=request, client=BINDING))
        token = answer.headers.get("x-ms-continuation-token")
        return answer.status_code, json.loads(answer.get_body()), token

    def page(self, **query: str) -> tuple[list[str], str | None]:
        status, body, token = self.listed(**query)
        assert status == 200 and body["continuationToken"] == token, body
        return [order["orderId"] for order in body["orders"]], token

    def all_ids(self, **query: str) -> list[str]:
        found, token = self.page(**query)
        while token:
            more, token = self.page(**query, continuationToken=token)
            found += more
        return found


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    world = InMemoryShop()
    world.stock("TEA", 5)
    opened, host = world.open(), Host(world)
    for module in (order_places, order_status):
        monkeypatch.setattr(module, "shop", lambda: opened)
    monkeypatch.setattr(order_list, "completed", CompletedOrders())
    monkeypatch.setattr(order_statuses, "read_page", host.read_page)
    monkeypatch.setattr(order_statuses, "read_each", host.read_each)
    return host


@pytest.mark.parametrize("top", ["1", "3", "7", "100"])
@pytest.mark.parametrize("swept", [True, False])
def test_every_order_is_listed_once_over_all_pages_newest_first(
    host: Host, top: str, swept: bool
) -> None:
    # By id they would come in another sequence.
    orders = [(f"o-{7 * n % 40:02d}", STAGES[n % len(STAGES)]) for n in range(40)]
    host.add_all(orders, swept)
    newest = [(name, stage) for name, stage in reversed(orders)]
    first = [name for name, stage in newest if stage == "Pending"]
    others = [name for name, stage in newest if stage != "Pending"]
    # Those that were not checked yet come before all others.
    assert host.all_ids(top=top) == first + others
    for stage in set(STAGES):
        wanted = [name for name, at in newest if at == stage]
        assert host.all_ids(top=top, stage=stage) == wanted


@pytest.mark.parametrize("stage", [None, "Invoiced", "Cancelled", "AwaitingProceed", "Pending"])
def test_a_page_that_holds_the_rest_is_the_last(host: Host, stage: str | None) -> None:
    host.add_all([(f"o-{n}", stage or "Invoiced") for n in range(30)])
    query = {"stage": stage} if stage else {}
    newest = [f"o-{n}" for n in range(29, -1, -1)]
    assert host.page(top="30", **query) == (newest, None)
    first, token = host.page(top="29", **query)
    assert first == newest[:29] and token is not None
    assert host.page(top="29", continuationToken=token, **query) == (["o-0"], None)


@pytest.mark.parametrize("top", ["1", "25", "26", "100"])
def test_orders_of_the_same_second_are_each_listed_once(host: Host, top: str) -> None:
    """More of them than one page reads ahead, of those that ended and those that have not."""
    for number in range(60):
        host.add_all(
            [(f"o-{number:02d}", ("Invoiced", "Cancelled", "AwaitingProceed")[number % 3])]
        )
    assert host.all_ids(top=top) == [f"o-{number:02d}" for number in range(60)]


def test_an_order_that_ended_and_is_open_still_is_listed_where_it_was_checked(host: Host) -> None:
    host.add_all([("a", "Invoiced"), ("b", "Invoiced"), ("c", "Invoiced")], swept=False)
    host.put(*listing("Invoiced", second(1), "b")[1])
    assert host.all_ids() == ["c", "b", "a"]
    assert host.all_ids(stage="Invoiced", top="1") == ["c", "b", "a"]


@pytest.mark.parametrize(("top", "at_once"), [("3", 8), ("9", 9)])
def test_a_list_asks_for_two_hundred_that_ended_at_most_and_says_how_to_go_on(
    host: Host, top: str, at_once: int
) -> None:
    host.add_all([("rare", "Invoiced")], swept=False)
    # As after a failure of the sweep: only the host knows how these have ended.
    for number in range(350):
        host.add(f"o-{number:03d}", "Completed", "Cancelled", output=CANCELLED)
        host.open(f"o-{number:03d}", number + 1)
    ids, token = host.page(stage="Invoiced", top=top)
    assert ids == [] and token is not None
    assert MOST_ASKED == 200
    asked = sum(map(len, host.asked))
    assert 200 <= asked < 200 + at_once
    assert max(map(len, host.asked)) == at_once, "a few at once, since a page may be full before"
    assert host.page(stage="Invoiced", top=top, continuationToken=token) == (["rare"], None)


def test_a_page_that_has_to_look_at_two_hundred_and_ends_there_is_the_last(host: Host) -> None:
    for number in range(200):
        host.add(f"o-{number:03d}", "Completed", "Cancelled", output=CANCELLED)
        host.open(f"o-{number:03d}", number)
    assert host.page(stage="Invoiced") == ([], None)
    assert sum(map(len, host.asked)) == 200


def test_no_more_are_asked_for_than_a_page_holds(host: Host) -> None:
    host.add_all([(f"o-{number:02d}", "Invoiced") for number in range(60)])
    assert len(host.page(top="20")[0]) == 20
    assert host.asked == [[f"o-{number}" for number in range(59, 39, -1)]]


def test_what_is_missing_on_a_page_is_asked_for_and_no_more(host: Host) -> None:
    host.add_all([(f"o-{number:02d}", "Invoiced") for number in range(60)])
    for purged in range(50, 60):
        del host.known[f"o-{purged}"]
    assert host.page(top="20")[0] == [f"o-{number}" for number in range(49, 29, -1)]
    # The rest of the 26 that were read ahead, and of the next ones the fewest at once.
    assert [len(asked) for asked in host.asked] == [20, 6, 8]


@pytest.mark.parametrize("top", ["1", "25", "100"])
def test_a_page_of_what_ended_is_one_query(host: Host, top: str) -> None:
    host.add_all([(f"o-{number:03d}", "Cancelled") for number in range(200)])
    assert host.world.requests(lambda: host.page(stage="Cancelled", top=top)) == ["query"]


def test_an_order_behind_many_whose_history_was_purged_is_listed(host: Host) -> None:
    host.add_all([(f"o-{number:03d}", "Cancelled") for number in range(80)])
    for purged in range(1, 80):
        del host.known[f"o-{purged:03d}"]
    assert host.page(stage="Cancelled", top="3") == (["o-000"], None)


def test_a_page_that_is_full_with_the_last_that_was_read_ahead_is_not_the_end(host: Host) -> None:
    host.add_all([(f"o-{number:03d}", "Cancelled") for number in range(30)])
    # Of the 26 newest, which are read ahead, the host knows the last three.
    for purged in range(7, 30):
        del host.known[f"o-{purged:03d}"]
    ids, token = host.page(stage="Cancelled", top="3")
    assert ids == ["o-006", "o-005", "o-004"] and token is not None
    rest = host.page(stage="Cancelled", continuationToken=token)
    assert rest == (["o-003", "o-002", "o-001", "o-000"], None)


def test_orders_under_way_are_not_asked_for_one_by_one(host: Host) -> None:
    host.add_all([("waits", "AwaitingProceed"), ("done", "Invoiced")])
    assert host.page() == (["done", "waits"], None)
    assert host.asked == [["done"]]


def test_what_ended_comes_before_an_older_open_order_also_behind_purged_ones(host: Host) -> None:
    ids = [f"o-{number:03d}" for number in range(80)]
    host.add_all([(ids[0], "AwaitingProceed"), *((each, "Cancelled") for each in ids[1:])])
    for purged in ids[11:]:
        del host.known[purged]
    assert host.all_ids(top="3") == ids[10::-1]


def test_what_was_read_of_an_order_that_is_completed_is_not_asked_for_again(host: Host) -> None:
    host.add_all([("o-1", "Invoiced")])
    assert host.page() == host.page()
    assert host.asked == [["o-1"], []]


def test_an_order_whose_compensation_failed_is_listed_as_failed_only(host: Host) -> None:
    others = {"audit": "Audit", "warm": "Warm"}
    host.add_all([(order_id, "Cancelled") for order_id in ("fine", "o-1", "purged", *others)])
    host.add("o-1", "Failed", "Cancelled", output="RefundPayment failed")
    for order_id, name in others.items():
        host.add(order_id, "Completed", "Cancelled", name=name)
    del host.known["purged"]
    assert host.all_ids(stage="Cancelled") == ["fine"]
    for top in ("1", "100"):
        assert host.all_ids(stage="Failed", top=top) == ["o-1"]
        assert host.all_ids(top=top) == ["fine", "o-1"]


@pytest.mark.parametrize("name", ["Audit", "Warm"])
def test_other_orchestrations_are_no_orders(host: Host, name: str) -> None:
    host.add("other", "Running", None, name=name)
    host.add("failed", "Failed", None, name=name)
    assert host.page() == ([], None)


@pytest.mark.parametrize(
    ("stage", "with_input"),
    [(None, True), ("AwaitingProceed", True), ("Pending", False), ("Invoiced", False)],
)
def test_inputs_are_read_where_a_waiting_order_may_be_listed(
    host: Host, stage: str | None, with_input: bool
) -> None:
    host.add_all([("o-1", "Invoiced"), ("o-2", "AwaitingProceed")])
    host.page(**({"stage": stage} if stage else {}))
    assert dict(host.pages)["Pending", "Running", "ContinuedAsNew", "Suspended"] is with_input
    assert set(host.inputs) <= {with_input}
    # Of those that broke off it is not shown what they are short of.
    assert dict(host.pages)["Failed", "Terminated", "Canceled"] is False


def test_a_waiting_order_says_what_it_is_short_of_and_others_do_not(host: Host) -> None:
    host.add_all([("paying", "ProcessingPayment")])
    before = host.world.requests(lambda: host.page())
    host.add_all([("paying", "ProcessingPayment"), ("waits", "AwaitingProceed")])
    after = host.world.requests(lambda: host.page())
    assert len(after) == len(before) + 1
    _, body, _ = host.listed()
    assert {order["orderId"]: order["short"] for order in body["orders"]} == {
        "paying": None,
        "waits": [{"sku": "TEA", "missing": 2, "needed": 7, "available": 5}],
    }


def test_a_list_of_waiting_orders_alone_says_what_each_is_short_of(host: Host) -> None:
    host.add_all([("waits", "AwaitingProceed")])
    _, body, _ = host.listed(stage="AwaitingProceed")
    [order] = body["orders"]
    assert order["short"] == [{"sku": "TEA", "missing": 2, "needed": 7, "available": 5}]


def test_orders_that_a_decision_ended_are_listed_without_looking_at_any_other(host: Host) -> None:
    host.add_all([("o-1", "Cancelled"), ("o-2", "AwaitingProceed"), ("o-3", "Expired")])
    assert host.world.requests(lambda: host.page(stage="Cancelled")) == ["query"]
    assert (host.pages, host.asked) == ([], [["o-1"]])


def test_a_host_in_trouble_is_503_and_the_log_says_which(
    host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    host.is_away = True
    status, body, token = host.listed()
    assert (status, token) == (503, None) and "Send the request again" in body["error"]
    assert "The orders cannot be listed: away" in caplog.text


@pytest.mark.parametrize("top", ["0", "101", "1000", "ten", "-1", "", "\u0661"])
def test_a_bad_number_of_orders_is_refused(host: Host, top: str) -> None:
    status, body, _ = host.listed(top=top)
    assert status == 400 and [bad["field"] for bad in body["fields"]] == ["top"]
    assert (host.pages, host.asked) == ([], [])


def test_a_token_is_good_for_its_own_stage_only(host: Host) -> None:
    host.add_all([(f"o-{number}", "Invoiced") for number in range(3)])
    _, token = host.page(top="1", stage="Invoiced")
    assert token is not None
    for query in ({}, {"stage": "Cancelled"}):
        status, body, _ = host.listed(continuationToken=token, **query)
        assert status == 400
        assert [bad["field"] for bad in body["fields"]] == ["continuationToken"]
