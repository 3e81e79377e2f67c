"""The list of orders against a host of our own making, that pages as the extension does."""

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any

import azure.functions as func
import pytest

from clients.list_query import Place
from clients.order_list import STAGES, list_orders
from ordering.errors import StorageUnavailable
from ordering.model import Stage
from ordering.shop import shop
from ordering.stock.ended import LISTED, Position
from tests.integration.clients.listing_host import ListingHost

function = list_orders.build().get_user_function()
NEVER = 9_999_999_999


def token(stage: str | None, is_checked: Any, left: Any, order_id: Any) -> str:
    return Place(is_checked, Position(left, order_id)).to_text(stage)


def listed(host: ListingHost, headers: dict[str, str] | None = None, **query: str) -> Any:
    request = func.HttpRequest(
        method="GET", url="http://localhost/api/orders", params=query, headers=headers, body=b""
    )
    response = asyncio.run(function(req=request, client=host.binding))
    body = json.loads(response.get_body())
    token = response.headers.get("x-ms-continuation-token")
    return response.status_code, body, token


def ids(body: Any) -> list[str]:
    return [order["orderId"] for order in body["orders"]]


def all_ids(host: ListingHost, **query: str) -> list[str]:
    found: list[str] = []
    token: dict[str, str] = {}
    for _ in range(1000):
        status, body, _ = listed(host, **query, **token)
        assert status == 200, body
        found += ids(body)
        if body["continuationToken"] is None:
            return found
        token = {"continuationToken": body["continuationToken"]}
    raise AssertionError("the list has no end")


def test_an_order_is_listed_as_it_is_answered_alone(host: ListingHost) -> None:
    host.add_all([("o-1", "Invoiced")])
    host.orders[0]["output"] = {"invoiceId": "INV-o-1"}
    assert listed(host) == (
        200,
        {
            "orders": [
                {
                    "orderId": "o-1",
                    "stage": "Invoiced",
                    "runtimeStatus": "Completed",
                    "attempt": None,
                    "waitingFor": None,
                    "until": None,
                    "short": None,
                    "createdTime": "2027-01-01T00:00:00Z",
                    "lastUpdatedTime": "2027-01-01T00:00:00Z",
                    "invoice": {"invoiceId": "INV-o-1"},
                    "reason": None,
                    "error": None,
                }
            ],
            "continuationToken": None,
        },
        None,
    )
    assert host.looked_up == ["o-1"]
    assert sorted((asked["path"], asked["showInput"], asked["top"]) for asked in host.asked) == [
        ("/durabletask/instances/", "false", "100"),
        ("/durabletask/instances/", "true", "100"),
    ]


def test_no_orders_are_an_empty_list(host: ListingHost) -> None:
    assert listed(host)[1] == {"orders": [], "continuationToken": None}


@pytest.mark.parametrize("top", ["1", "7", "99", "100"])
def test_every_order_is_listed_once_over_all_pages_newest_first(
    host: ListingHost, top: str
) -> None:
    stages = (*LISTED, "Invoiced", "AwaitingProceed", "ProcessingPayment")
    many = 250 if len(top) > 1 else 25
    # By id they would come in another sequence.
    orders = [(f"o-{7 * n % many:03d}", stages[n % len(stages)]) for n in range(many)]
    host.add_all(orders)
    newest = [order_id for order_id, _ in reversed(orders)]
    assert all_ids(host, top=top) == newest
    assert ids(listed(host, top=top)[1]) == newest[: int(top)]
    for stage in set(stages):
        wanted = [name for name, at in reversed(orders) if at == stage]
        assert all_ids(host, top=top, stage=stage) == wanted


def test_a_page_that_holds_the_rest_says_that_it_is_the_last(host: ListingHost) -> None:
    host.add_all([(f"o-{n}", "Invoiced") for n in range(30)])
    for query in ({}, {"stage": "Invoiced"}):
        _, body, further = listed(host, top="15", **query)
        assert further is not None
        assert listed(host, top="15", continuationToken=further, **query)[2] is None
        assert listed(host, top="30", **query)[2] is None
        assert ids(body) == [f"o-{n}" for n in range(29, 14, -1)]


def test_orders_of_one_second_are_each_listed_once(host: ListingHost) -> None:
    for number in range(9):
        host.add_all([(f"o-{number}", "Invoiced" if number % 2 else "Cancelled")])
    assert all_ids(host, top="2") == [f"o-{number}" for number in range(9)]


@pytest.mark.parametrize("stage", STAGES)
def test_a_filter_gives_every_order_of_the_stage_and_no_other(
    host: ListingHost, stage: str
) -> None:
    orders = [(f"o-{number:03d}", STAGES[number % len(STAGES)]) for number in range(330)]
    host.add_all(orders, swept=False)
    host.add_all([(f"s-{number}", "Invoiced") for number in range(3)])
    expected = {order_id for order_id, at in orders if at == stage}
    expected |= {f"s-{number}" for number in range(3)} if stage == "Invoiced" else set()
    for name in STAGES:
        for status in ("Failed", "Terminated", "Canceled"):
            host.add(f"x-{status}-{name}", status, name)
            if stage == "Failed":
                expected.add(f"x-{status}-{name}")
    for top in ("5", "100"):
        found = all_ids(host, stage=stage, top=top)
        assert (len(found), set(found)) == (len(expected), expected)


@pytest.mark.parametrize("invoiced", [0, 3000])
def test_a_few_cancelled_orders_among_many_cost_as_many_requests_as_they_are(
    host: ListingHost, invoiced: int, count_requests: Callable[[], int]
) -> None:
    host.add_all([(f"o-{number}", "Invoiced") for number in range(invoiced)])
    host.add_all([(f"c-{number}", "Cancelled") for number in range(3)])
    before = count_requests()
    status, body, _ = listed(host, stage="Cancelled")
    assert ids(body) == ["c-2", "c-1", "c-0"]
    assert [order["reason"] for order in body["orders"]] == ["so"] * 3
    assert (host.asked, len(host.looked_up)) == ([], 3)
    assert count_requests() - before == 1


@pytest.mark.parametrize("stage", [None, "Invoiced"])
def test_a_page_costs_the_same_however_many_orders_have_ended(
    host: ListingHost, stage: str | None, count_requests: Callable[[], int]
) -> None:
    query = {"stage": stage} if stage else {}
    host.add_all([("waits", "AwaitingProceed")])
    costs = []
    for more in (100, 2_900):
        host.add_all([(f"{more}-{number}", "Invoiced") for number in range(more)])
        before = count_requests(), len(host.asked), len(host.looked_up)
        status, body, _ = listed(host, top="25", **query)
        after = count_requests(), len(host.asked), len(host.looked_up)
        assert (status, len(body["orders"])) == (200, 25)
        costs.append([late - early for early, late in zip(before, after, strict=True)])
    assert costs[0] == costs[1]
    # Which are open, and a page of those that ended; who is under way, who broke off; the page.
    assert costs[0] == [2, 2, 25]


def test_what_was_read_of_an_order_that_is_completed_is_not_asked_for_again_at_once(
    host: ListingHost,
) -> None:
    host.add_all([(f"o-{number}", "Invoiced") for number in range(5)])
    host.add_all([("gone", "Invoiced")])
    del host.orders[-1]
    first = listed(host)
    assert listed(host) == first
    # Of one that the host does not know it is not known for how long.
    assert len(host.looked_up) == 6 + 1


def test_an_order_whose_compensation_failed_is_listed_as_failed_only(host: ListingHost) -> None:
    host.add_all([("o-1", "Cancelled"), ("purged", "Cancelled"), ("gone", "Cancelled")])
    host.find("o-1").update(runtimeStatus="Failed", output="RefundPayment failed")
    host.find("gone")["name"] = "Audit"
    host.orders.remove(host.find("purged"))
    assert all_ids(host, stage="Cancelled") == []
    assert all_ids(host, stage="Failed") == all_ids(host) == all_ids(host, top="1") == ["o-1"]


def test_waiting_orders_say_what_is_short_for_a_request_each_sku(
    tea: None, host: ListingHost, count_requests: Callable[[], int]
) -> None:
    for number in range(40):
        lines = [{"sku": "TEA" if number % 2 else "MUG", "quantity": number}]
        host.add(
            f"o-{number:02d}", "Running", "AwaitingProceed", input=json.dumps({"items": lines})
        )
    for query in ({}, {"stage": "AwaitingProceed"}):
        before = count_requests()
        orders = sorted(listed(host, **query)[1]["orders"], key=lambda one: one["orderId"])
        # Which are open, and what is free; of all orders also those that ended.
        assert count_requests() - before == (3 if query else 3 + 1)
        assert orders[7]["short"] == [{"sku": "TEA", "missing": 2, "needed": 7, "available": 5}]
        assert orders[3]["short"] == []
        assert orders[2]["short"] == [{"sku": "MUG", "missing": 2, "needed": 2, "available": 0}]


def test_orders_that_wait_for_many_skus_have_the_catalogue_read_and_not_each(
    api: Any, host: ListingHost, count_requests: Callable[[], int]
) -> None:
    for number in range(40):
        lines = [{"sku": f"S{number}", "quantity": 1}]
        host.add(f"o-{number:02d}", "Running", "AwaitingProceed", input={"items": lines})
    api.put("inventory/S7", {"description": "x", "unitPrice": 1, "currency": "EUR", "available": 1})
    before = count_requests()
    orders = listed(host, stage="AwaitingProceed")[1]["orders"]
    assert count_requests() - before == 2
    assert [order["orderId"] for order in orders if not order["short"]] == ["o-07"]


def test_a_rare_stage_is_looked_for_in_steps(host: ListingHost) -> None:
    """An answer asks the host for some hundred of those that have ended, and says how to go on."""
    host.add_all([("rare", "Invoiced")], swept=False)
    host.add_all([(f"o-{number:03d}", "Cancelled") for number in range(350)])
    # As after a failure of the sweep: their decisions are only known to the host.
    host.open([f"o-{number:03d}" for number in range(350)])
    status, body, further = listed(host, stage="Invoiced", top="3")
    assert (status, ids(body)) == (200, [])
    assert body["continuationToken"] == further is not None
    assert 200 <= len(host.looked_up) <= 208
    assert ids(listed(host, stage="Invoiced", continuationToken=further)[1]) == ["rare"]


def test_more_orders_under_way_than_the_host_is_asked_for_are_all_listed(
    host: ListingHost,
) -> None:
    orders = [(f"o-{number:04d}", "AwaitingProceed") for number in range(1_030)]
    host.add_all(orders)
    newest = [order_id for order_id, _ in reversed(orders)]
    assert all_ids(host, stage="AwaitingProceed") == newest
    assert all_ids(host) == newest
    one = {"items": [{"sku": "TEA", "quantity": 2}]}
    for order in host.orders:
        order["input"] = one
    found = listed(host, stage="AwaitingProceed", top="1")[1]["orders"]
    assert found[0]["short"] == [{"sku": "TEA", "missing": 2, "needed": 2, "available": 0}]


def test_the_token_is_taken_from_the_header_too(host: ListingHost) -> None:
    host.add_all([(f"o-{number}", "AwaitingProceed") for number in range(3)])
    _, _, token = listed(host, top="2")
    assert ids(listed(host, {"X-MS-Continuation-Token": token}, top="2")[1]) == ["o-0"]


def test_an_order_that_came_or_went_between_two_pages_hides_no_other(host: ListingHost) -> None:
    host.add_all([(f"o-{number}", "AwaitingProceed") for number in range(6)])
    _, body, token = listed(host, top="3")
    assert ids(body) == ["o-5", "o-4", "o-3"]
    host.add("a-new", "Running", "AwaitingProceed")
    assert ids(listed(host, top="3", continuationToken=token)[1]) == ["o-2", "o-1", "o-0"]
    host.orders.remove(host.find("o-3"))
    assert ids(listed(host, continuationToken=token)[1]) == ["o-2", "o-1", "o-0"]


def test_other_orchestrations_are_no_orders(host: ListingHost) -> None:
    host.add("other", "Running", None, name="Audit")
    assert listed(host)[1]["orders"] == []


def test_an_order_with_an_id_that_no_route_takes_is_listed_and_hides_no_other(
    host: ListingHost,
) -> None:
    host.add_all([("o-1", "Invoiced"), ("o-2", "Invoiced")])
    names = [f"it's {number}: \u00fc/#" for number in range(3)]
    for name in names:
        host.add(name, "Failed", None, output="no order")
    found = all_ids(host, top="1")
    assert sorted(found) == sorted([*names, "o-1", "o-2"])
    assert sorted(all_ids(host, stage="Failed", top="1")) == names


def old_token(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"stage": "Lost"}, "stage"),
        ({"stage": ""}, "stage"),
        ({"stage": "invoiced"}, "stage"),
        ({"top": "0"}, "top"),
        ({"top": "101"}, "top"),
        ({"top": "ten"}, "top"),
        ({"top": "-1"}, "top"),
        ({"top": "\u0661"}, "top"),
        ({"stages": "Invoiced"}, "stages"),
        ({"continuationToken": "x"}, "continuationToken"),
        ({"continuationToken": token(None, True, 5, "o-1") + "=="}, "continuationToken"),
        ({"continuationToken": "*" + token(None, True, 5, "o-1")}, "continuationToken"),
        ({"continuationToken": token(None, True, 5, "a" * 101)}, "continuationToken"),
        ({"continuationToken": token(None, True, 5, "a" * 8_000)}, "continuationToken"),
        ({"continuationToken": token(None, True, 5, "' or '")}, "continuationToken"),
        ({"continuationToken": token(None, True, 5, None)}, "continuationToken"),
        ({"continuationToken": token(None, True, -1, "o-1")}, "continuationToken"),
        ({"continuationToken": token(None, True, NEVER + 1, "o-1")}, "continuationToken"),
        ({"continuationToken": token(None, True, 5.0, "o-1")}, "continuationToken"),
        ({"continuationToken": token(None, True, True, "o-1")}, "continuationToken"),
        ({"continuationToken": token(None, 1, 5, "o-1")}, "continuationToken"),
        ({"continuationToken": token("Invoiced", True, 5, "o-1")}, "continuationToken"),
        (
            {"stage": "Failed", "continuationToken": token(None, True, 5, "o-1")},
            "continuationToken",
        ),
        # As an earlier version of the app gave them.
        ({"continuationToken": old_token(None, "page 2", None)}, "continuationToken"),
        (
            {"stage": "Cancelled", "continuationToken": old_token("Cancelled", None, "8:o-1")},
            "continuationToken",
        ),
        ({"continuationToken": "W10="}, "continuationToken"),
        ({"continuationToken": "WyJhXG5iIixudWxsXQ=="}, "continuationToken"),
        ({"continuationToken": "\u20ac"}, "continuationToken"),
    ],
)
def test_a_bad_filter_is_named(host: ListingHost, query: dict[str, str], field: str) -> None:
    status, body, _ = listed(host, **query)
    assert (status, [bad["field"] for bad in body["fields"]]) == (400, [field])
    assert (host.asked, host.looked_up) == ([], [])


def test_the_key_of_the_function_is_no_filter(host: ListingHost) -> None:
    assert listed(host, code="secret", clientId="default")[0] == 200


@pytest.mark.parametrize("stage", [None, *STAGES])
def test_any_token_that_has_the_form_of_one_is_a_place(
    host: ListingHost, stage: str | None
) -> None:
    host.add_all([("o-1", stage or "Invoiced")])
    query = {"stage": stage} if stage else {}
    for is_checked in (False, True):
        for left in (0, NEVER):
            given = token(stage, is_checked, left, "o-1")
            status, body, _ = listed(host, continuationToken=given, **query)
            assert status == 200 and len(body["orders"]) <= 1


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_host_in_trouble_is_503(host: ListingHost, status: int) -> None:
    host.status = status
    answer, body, _ = listed(host)
    assert answer == 503 and "again" in body["error"]


def test_storage_in_trouble_is_503(host: ListingHost, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise StorageUnavailable("Table inventory cannot be reached.")

    monkeypatch.setattr(shop().ended, "page", away)
    assert [listed(host, **query)[0] for query in ({}, {"stage": "Expired"})] == [503, 503]


def test_the_host_on_this_machine_is_asked_without_the_proxy_of_the_environment(
    host: ListingHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.add_all([("o-1", "CheckingInventory"), ("o-2", "Invoiced")])
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert sorted(all_ids(host)) == ["o-1", "o-2"]


def test_a_host_that_is_away_is_503(host: ListingHost) -> None:
    host.server_close()
    assert listed(host)[0] == 503


def test_every_stage_that_an_order_announces_can_be_filtered() -> None:
    assert {stage.value for stage in Stage} == set(STAGES) - {"Pending"}
