"""The list of orders against a host of our own making, that pages as the extension does."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import azure.functions as func
import pytest

from clients.list_query import Place
from clients.order_list import STAGES, list_orders
from ordering.model import BUSINESS_ENDS, Stage
from ordering.shop import shop


def token(stage: str | None, host_token: Any, after: str | None) -> str:
    return Place(host_token, after).to_text(stage)


function = list_orders.build().get_user_function()


class FakeHost(ThreadingHTTPServer):
    """Lists orchestrations by id; a page's token is the id of the first one of the next."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.orders: list[dict[str, Any]] = []
        self.status = 200
        # What a real host answers to a token that it cannot read.
        self.refusal = 400
        self.asked: list[dict[str, str]] = []
        self.looked_up: list[str] = []

    def add(self, order_id: str, runtime_status: str, stage: str | None, **more: Any) -> None:
        self.orders.append(
            {
                "name": "PlaceOrder",
                "instanceId": order_id,
                "createdTime": "2026-11-22T19:45:09Z",
                "lastUpdatedTime": "2026-11-22T19:45:10Z",
                "runtimeStatus": runtime_status,
                "customStatus": stage and {"stage": stage},
                "input": None,
                "output": None,
                **more,
            }
        )


class Handler(BaseHTTPRequestHandler):
    server: FakeHost

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        instance_id = url.path.rpartition("/")[2]
        if instance_id:
            self.server.looked_up.append(instance_id)
            known = [order for order in self.server.orders if order["instanceId"] == instance_id]
            self.answer(self.server.status if known else 404, known[0] if known else None)
            return
        self.server.asked.append({**query, "path": url.path})
        first = self.headers.get("x-ms-continuation-token") or ""
        if first.startswith("forged"):
            self.answer(self.server.refusal, {"Message": "Something went wrong"})
            return
        statuses = query.get("runtimeStatus", "").split(",")
        found = [
            order
            for order in sorted(self.server.orders, key=lambda order: order["instanceId"])
            if order["instanceId"] >= first
            and (statuses == [""] or order["runtimeStatus"] in statuses)
        ]
        page = found[: int(query["top"])]
        rest = found[len(page) :]
        shown = page if query["showInput"] == "true" else [{**one, "input": None} for one in page]
        self.answer(self.server.status, shown, rest[0]["instanceId"] if rest else "")

    def answer(self, status: int, value: Any, token: str = "") -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-ms-continuation-token", token)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""


@pytest.fixture
def host() -> Iterator[FakeHost]:
    with FakeHost() as host:
        thread = threading.Thread(target=host.serve_forever, args=(0.01,))
        thread.start()
        yield host
        host.shutdown()
        thread.join()


def listed(host: FakeHost, headers: dict[str, str] | None = None, **query: str) -> Any:
    base_url = f"http://127.0.0.1:{host.server_port}/durabletask/"
    query_string = "taskHub=Hub&connection=Storage&code=secret"
    binding = {
        "rpcBaseUrl": base_url,
        "httpBaseUrl": base_url,
        "requiredQueryStringParameters": query_string,
    }
    request = func.HttpRequest(
        method="GET", url="http://localhost/api/orders", params=query, headers=headers, body=b""
    )
    response = asyncio.run(function(req=request, client=json.dumps(binding)))
    body = json.loads(response.get_body())
    token = response.headers.get("x-ms-continuation-token")
    return response.status_code, body, token


def ids(body: Any) -> list[str]:
    return [order["orderId"] for order in body["orders"]]


def all_ids(host: FakeHost, **query: str) -> list[str]:
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


def test_an_order_is_listed_as_it_is_answered_alone(host: FakeHost) -> None:
    host.add("o-1", "Completed", "Invoiced", output={"invoiceId": "INV-o-1"})
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
                    "createdTime": "2026-11-22T19:45:09Z",
                    "lastUpdatedTime": "2026-11-22T19:45:10Z",
                    "invoice": {"invoiceId": "INV-o-1"},
                    "reason": None,
                    "error": None,
                }
            ],
            "continuationToken": None,
        },
        None,
    )
    [asked] = host.asked
    assert (asked["path"], asked["showInput"], asked["top"]) == (
        "/durabletask/instances/", "true", "100",
    )  # fmt: skip


def test_no_orders_are_an_empty_list(host: FakeHost) -> None:
    assert listed(host)[1] == {"orders": [], "continuationToken": None}


@pytest.mark.parametrize("top", ["1", "7", "99", "100"])
def test_every_order_is_listed_once_over_all_pages(host: FakeHost, top: str) -> None:
    for number in range(250 if len(top) > 1 else 25):
        host.add(f"o-{number:03d}", "Running", "AwaitingProceed")
    assert all_ids(host, top=top) == [order["instanceId"] for order in host.orders]
    assert len(listed(host, top=top)[1]["orders"]) == min(int(top), len(host.orders))


@pytest.mark.parametrize("stage", STAGES)
def test_a_filter_gives_every_order_of_the_stage_and_no_other(
    api: Any, host: FakeHost, stage: str
) -> None:
    expected = set()
    for number in range(330):
        name = STAGES[number % len(STAGES)]
        order_id = f"o-{number:03d}"
        status = {"Invoiced": "Completed", "Pending": "Pending"}.get(name, "Running")
        if name in BUSINESS_ENDS:
            status = "Completed"
            shop().inventory.release(order_id, name)
        host.add(order_id, status, None if name == "Pending" else name)
        if name == stage:
            expected.add(order_id)
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
    api: Any, host: FakeHost, invoiced: int, count_requests: Callable[[], int]
) -> None:
    for number in range(invoiced):
        host.add(f"o-{number}", "Completed", "Invoiced", output={})
    for number in range(3):
        end = {"orderId": f"c-{number}", "stage": "Cancelled", "reason": "cancelled"}
        host.add(f"c-{number}", "Completed", "Cancelled", output=end)
        shop().inventory.release(f"c-{number}", "Cancelled")
    before = count_requests()
    status, body, _ = listed(host, stage="Cancelled")
    assert sorted(ids(body)) == ["c-0", "c-1", "c-2"]
    assert [order["reason"] for order in body["orders"]] == ["cancelled"] * 3
    assert (host.asked, len(host.looked_up)) == ([], 3)
    assert count_requests() - before == 1


def test_an_order_whose_compensation_failed_is_listed_as_failed_only(
    api: Any, host: FakeHost
) -> None:
    host.add("o-1", "Failed", "Cancelled", output="RefundPayment failed")
    host.add("gone", "Completed", "Other", name="Audit")
    for order_id in ("o-1", "purged", "gone"):
        shop().inventory.release(order_id, "Cancelled")
    assert all_ids(host, stage="Cancelled") == []
    assert all_ids(host, stage="Failed") == ["o-1"]


def test_waiting_orders_say_what_is_short_for_a_request_each_sku(
    tea: None, host: FakeHost, count_requests: Callable[[], int]
) -> None:
    for number in range(40):
        lines = [{"sku": "TEA" if number % 2 else "MUG", "quantity": number}]
        host.add(
            f"o-{number:02d}", "Running", "AwaitingProceed", input=json.dumps({"items": lines})
        )
    for query in ({}, {"stage": "AwaitingProceed"}):
        before = count_requests()
        orders = listed(host, **query)[1]["orders"]
        assert count_requests() - before == 2
        assert orders[7]["short"] == [{"sku": "TEA", "missing": 2, "needed": 7, "available": 5}]
        assert orders[3]["short"] == []
        assert orders[2]["short"] == [{"sku": "MUG", "missing": 2, "needed": 2, "available": 0}]


def test_orders_that_wait_for_many_skus_have_the_catalogue_read_and_not_each(
    api: Any, host: FakeHost, count_requests: Callable[[], int]
) -> None:
    for number in range(40):
        lines = [{"sku": f"S{number}", "quantity": 1}]
        host.add(f"o-{number:02d}", "Running", "AwaitingProceed", input={"items": lines})
    api.put("inventory/S7", {"description": "x", "unitPrice": 1, "currency": "EUR", "available": 1})
    before = count_requests()
    orders = listed(host)[1]["orders"]
    assert count_requests() - before == 1
    assert [order["orderId"] for order in orders if not order["short"]] == ["o-07"]


def test_a_rare_stage_is_looked_for_in_steps(host: FakeHost) -> None:
    for number in range(1500):
        host.add(f"o-{number:04d}", "Running", "AwaitingProceed")
    host.add("z", "Running", "ProcessingPayment")
    status, body, token = listed(host, stage="ProcessingPayment")
    assert (status, ids(body)) == (200, [])
    assert body["continuationToken"] == token is not None
    assert len(host.asked) == 10
    assert ids(listed(host, stage="ProcessingPayment", continuationToken=token)[1]) == ["z"]


def test_the_token_is_taken_from_the_header_too(host: FakeHost) -> None:
    for number in range(3):
        host.add(f"o-{number}", "Running", "AwaitingProceed")
    _, _, token = listed(host, top="2")
    assert ids(listed(host, {"X-MS-Continuation-Token": token}, top="2")[1]) == ["o-2"]


def test_an_order_that_came_or_went_between_two_pages_hides_no_other(host: FakeHost) -> None:
    for number in range(6):
        host.add(f"o-{number}", "Running", "AwaitingProceed")
    _, body, token = listed(host, top="3")
    assert ids(body) == ["o-0", "o-1", "o-2"]
    host.add("a-new", "Running", "AwaitingProceed")
    assert ids(listed(host, top="3", continuationToken=token)[1]) == ["o-3", "o-4", "o-5"]
    del host.orders[2]
    assert {"o-3", "o-4", "o-5"} <= set(ids(listed(host, continuationToken=token)[1]))


def test_other_orchestrations_are_no_orders(host: FakeHost) -> None:
    host.add("other", "Running", None, name="Audit")
    assert listed(host)[1]["orders"] == []


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
        ({"continuationToken": token(None, "page 2", None) + "=="}, "continuationToken"),
        ({"continuationToken": "*" + token(None, "page 2", None)}, "continuationToken"),
        ({"continuationToken": token(None, "a\r\nX-Evil: 1", None)}, "continuationToken"),
        ({"continuationToken": token(None, "a" * 8_000, None)}, "continuationToken"),
        ({"continuationToken": token(None, None, None)}, "continuationToken"),
        ({"continuationToken": token(None, 5, None)}, "continuationToken"),
        ({"continuationToken": token(None, "page 2", "x/y")}, "continuationToken"),
        ({"continuationToken": token("Invoiced", "page 2", None)}, "continuationToken"),
        (
            {"stage": "Cancelled", "continuationToken": token("Cancelled", "page 2", None)},
            "continuationToken",
        ),
        (
            {"stage": "Cancelled", "continuationToken": token("Cancelled", None, "' or '")},
            "continuationToken",
        ),
        ({"continuationToken": "W10="}, "continuationToken"),
        ({"continuationToken": "WyJhXG5iIixudWxsXQ=="}, "continuationToken"),
        ({"continuationToken": "\u20ac"}, "continuationToken"),
    ],
)
def test_a_bad_filter_is_named(host: FakeHost, query: dict[str, str], field: str) -> None:
    status, body, _ = listed(host, **query)
    assert (status, [bad["field"] for bad in body["fields"]]) == (400, [field])
    assert host.asked == []


def test_the_key_of_the_function_is_no_filter(host: FakeHost) -> None:
    assert listed(host, code="secret", clientId="default")[0] == 200


@pytest.mark.parametrize("refusal", [400, 404, 500])
def test_a_token_that_the_host_refuses_is_the_clients_error(
    host: FakeHost, refusal: int, caplog: pytest.LogCaptureFixture
) -> None:
    host.refusal = refusal
    status, body, _ = listed(host, continuationToken=token(None, "forged", None))
    assert (status, [bad["field"] for bad in body["fields"]]) == (400, ["continuationToken"])
    assert caplog.records == []


def test_a_host_in_trouble_is_not_blamed_on_the_token(host: FakeHost) -> None:
    host.status = 500
    assert listed(host, continuationToken=token(None, "o-1", None))[0] == 503


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_host_in_trouble_is_503(host: FakeHost, status: int) -> None:
    host.status = status
    answer, body, _ = listed(host)
    assert answer == 503 and "again" in body["error"]


def test_a_host_that_is_away_is_503(host: FakeHost) -> None:
    host.server_close()
    assert listed(host)[0] == 503


def test_every_stage_that_an_order_announces_can_be_filtered() -> None:
    assert {stage.value for stage in Stage} == set(STAGES) - {"Pending"}
