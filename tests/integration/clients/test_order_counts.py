"""How many orders are in each stage."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import azure.functions as func
import pytest

from clients import order_counts
from clients.list_query import STAGES
from clients.order_counts import count_orders
from ordering.errors import StorageUnavailable
from ordering.shop import shop
from tests.integration.clients.listing_host import ListingHost

function = count_orders.build().get_user_function()


def counted(host: ListingHost) -> Any:
    request = func.HttpRequest(method="GET", url="http://localhost/api/order-counts", body=b"")
    response = asyncio.run(function(req=request, client=host.binding))
    return response.status_code, json.loads(response.get_body())


def counts(host: ListingHost) -> dict[str, int]:
    status, body = counted(host)
    assert (status, body["atLeast"]) == (200, [])
    return {stage: number for stage, number in body["counts"].items() if number}


def test_every_stage_is_counted(host: ListingHost) -> None:
    assert counted(host) == (200, {"counts": dict.fromkeys(STAGES, 0), "atLeast": []})
    orders = [(f"{stage}-{n}", stage) for at, stage in enumerate(STAGES, 1) for n in range(at)]
    host.add_all(orders)
    assert counts(host) == {stage: at for at, stage in enumerate(STAGES, 1)}


def test_an_order_is_counted_once_whether_it_was_swept_or_not(host: ListingHost) -> None:
    host.add_all([("swept", "Invoiced"), ("cancelled", "Cancelled")])
    host.add_all([("fresh", "Invoiced"), ("late", "Expired")], swept=False)
    host.open(["late", "cancelled"])
    host.add("other", "Running", None, name="Audit")
    assert counts(host) == {"Invoiced": 2, "Cancelled": 1, "Expired": 1}


def test_an_order_that_failed_as_it_was_undone_counts_as_failed(host: ListingHost) -> None:
    host.add_all([("o-1", "Cancelled"), ("o-2", "Cancelled")])
    host.find("o-1")["runtimeStatus"] = "Failed"
    # Its stock is back, and its orchestration has a step to go.
    host.find("o-2").update(runtimeStatus="Running", customStatus={"stage": "AwaitingProceed"})
    assert counts(host) == {"Failed": 1, "AwaitingProceed": 1}


def test_orders_of_another_task_hub_that_are_under_way_are_not_counted(host: ListingHost) -> None:
    host.open(["theirs-1", "theirs-2"])
    assert counts(host) == {}


@pytest.mark.parametrize("many", [999, 1000, 1100])
def test_of_many_a_thousand_are_counted_for_the_same_few_requests(
    host: ListingHost, many: int, count_requests: Callable[[], int]
) -> None:
    host.add_all([(f"o-{number}", "Invoiced") for number in range(many)])
    host.add_all([("o-x", "Cancelled")])
    before = count_requests()
    status, body = counted(host)
    assert count_requests() - before == 6, "which are open, and one of each end"
    assert (len(host.asked), host.looked_up) == (2, [])
    assert (body["counts"]["Invoiced"], body["counts"]["Cancelled"]) == (min(many, 1000), 1)
    assert body["atLeast"] == (["Invoiced"] if many >= 1000 else [])


def test_many_orders_under_way_are_counted_to_a_thousand(host: ListingHost) -> None:
    host.add_all([(f"o-{number}", "AwaitingProceed") for number in range(1_010)])
    _, body = counted(host)
    assert body["counts"]["AwaitingProceed"] == 1_000
    assert {"Pending", "AwaitingProceed", "Failed"} <= set(body["atLeast"])
    assert "Cancelled" not in body["atLeast"]


def test_of_many_that_the_sweep_has_not_seen_some_are_asked_for(
    host: ListingHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_counts, "MOST_ASKED", 5)
    host.add_all([(f"o-{number}", "Invoiced") for number in range(8)], swept=False)
    _, body = counted(host)
    assert (body["counts"]["Invoiced"], body["atLeast"]) == (5, ["Invoiced"])
    assert len(host.looked_up) == 5


def test_a_host_in_trouble_is_503(host: ListingHost) -> None:
    host.status = 500
    status, body = counted(host)
    assert status == 503 and "again" in body["error"]


def test_storage_in_trouble_is_503(host: ListingHost, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> Any:
        raise StorageUnavailable("Table inventory cannot be reached.")

    monkeypatch.setattr(shop().ended, "page", away)
    assert counted(host)[0] == 503
