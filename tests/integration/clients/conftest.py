"""The HTTP functions called as a host calls them, on real storage and a fake durable client."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import azure.functions as func
import pytest

from clients import inventory, order_counts, order_events, order_history, order_list, orders
from clients.order_statuses import CompletedOrders
from durable_sdk import IS_2
from ordering.storage.tables import TableService
from tests.integration.clients.listing_host import ListingHost, listing_host

if IS_2:
    from azure.durable_functions import DurableOrchestrationStatus
else:
    from azure.durable_functions.models.DurableOrchestrationStatus import DurableOrchestrationStatus


class FakeClient:
    """Keeps orchestrations in memory; an id can be started once, as on newer hosts."""

    def __init__(self) -> None:
        self.started: dict[str, Any] = {}
        self.starts = 0
        self.asked = 0
        self.crash_at_start = False
        self.blind = 0
        self.hub = "PlaceOrderHub"
        self.ended: dict[str, str] = {}
        self.purged: list[str] = []
        self.outputs: dict[str, Any] = {}
        self.custom: dict[str, Any] = {}
        self.history: dict[str, list[dict[str, Any]]] = {}
        self.raised: list[tuple[str, str, Any]] = []
        self.refuses_events: Exception | None = None

    async def start_new(self, name: str, instance_id: str, client_input: Any) -> str:
        await asyncio.sleep(0)
        if self.crash_at_start:
            raise ConnectionError("host is gone")
        if instance_id in self.started:
            raise Exception(f"An Orchestration instance with id {instance_id} already exists.")
        self.starts += 1
        self.started[instance_id] = (name, json.loads(json.dumps(client_input)))
        return instance_id

    # As client 2.x calls it.
    async def schedule_new_orchestration(self, name: str, *, input: Any, instance_id: str) -> str:
        return await self.start_new(name, instance_id, input)

    async def get_orchestration_state(self, instance_id: str, *, fetch_payloads: bool) -> Any:
        status = await self.get_status(instance_id)
        return status.orchestration_state if status else None

    async def get_orchestration_history(self, instance_id: str) -> list[Any]:
        return []

    async def get_status(
        self, instance_id: str, show_history: bool = False, show_history_output: bool = False
    ) -> Any:
        self.asked += 1
        await asyncio.sleep(0)
        if self.crash_at_start:
            raise ConnectionError("host is gone")
        if instance_id not in self.started or self.blind:
            self.blind = max(0, self.blind - 1)
            return None if IS_2 else DurableOrchestrationStatus.from_json("")
        data = self.started[instance_id][1]
        return DurableOrchestrationStatus.from_json(
            {
                "name": "PlaceOrder",
                "instanceId": instance_id,
                # Client 1.x encodes what it starts with twice.
                "input": data if IS_2 else json.dumps(data),
                "createdTime": "2026-11-22T19:45:09Z",
                "lastUpdatedTime": "2026-11-22T19:45:09Z",
                "runtimeStatus": self.ended.get(instance_id, "Running"),
                "customStatus": self.custom.get(instance_id, {"stage": "CheckingInventory"}),
                "output": self.outputs.get(instance_id),
                **({"historyEvents": self.history.get(instance_id)} if show_history else {}),
            }
        )

    async def raise_event(self, instance_id: str, event_name: str, event_data: Any) -> None:
        if self.refuses_events:
            raise self.refuses_events
        self.raised.append((instance_id, event_name, event_data))

    async def raise_orchestration_event(
        self, instance_id: str, event_name: str, *, data: Any
    ) -> None:
        await self.raise_event(instance_id, event_name, data)

    async def purge_instance_history(self, instance_id: str) -> None:
        if self.crash_at_start:
            raise ConnectionError("host is gone")
        if self.started.pop(instance_id, None):
            self.purged.append(instance_id)

    purge_orchestration = purge_instance_history

    def create_http_management_payload(self, instance_id: str) -> dict[str, str]:
        link = f"http://localhost/instances/{instance_id}?taskHub={self.hub}&connection=Storage"
        return {"statusQueryGetUri": link}

    def create_check_status_response(
        self, request: func.HttpRequest, instance_id: str
    ) -> func.HttpResponse:
        return func.HttpResponse(json.dumps({"id": instance_id}), status_code=202)


@dataclass
class Answer:
    status: int
    body: Any
    headers: Any = None

    @property
    def fields(self) -> list[str]:
        return [error["field"] for error in self.body["fields"]]


FUNCTIONS: dict[tuple[str, str], Any] = {
    ("POST", "orders"): orders.start_order,
    ("GET", "orders/"): orders.get_order,
    ("GET", "orders//history"): order_history.get_order_history,
    ("POST", "orders//events/"): order_events.raise_order_event,
    ("GET", "inventory"): inventory.list_inventory,
    ("GET", "inventory/"): inventory.get_inventory,
    ("PUT", "inventory/"): inventory.set_inventory,
}


@dataclass
class Api:
    """The app's routes, without a host."""

    client: FakeClient = field(default_factory=FakeClient)

    async def call(
        self,
        method: str,
        route: str,
        body: Any = b"",
        headers: dict[str, str] | None = None,
        params: dict[str, str] | None = None,
    ) -> Answer:
        area, slash, last = route.partition("/")
        last, *further = last.split("/events/")
        kind = area + slash + ("/events/" if further else "")
        if last.endswith("/history"):
            last, kind = last.removesuffix("/history"), f"{kind}/history"
        function = FUNCTIONS[method, kind].build().get_user_function()
        request = func.HttpRequest(
            method=method,
            url=f"http://localhost:7071/api/{route}",
            headers=headers,
            params=params,
            route_params={"orderId": last, "sku": last, "eventName": "".join(further)},
            body=body if isinstance(body, bytes) else json.dumps(body).encode(),
        )
        if hasattr(function, "client_function"):
            response = await function.client_function(req=request, client=self.client)
        else:
            response = await asyncio.to_thread(function, req=request)
        answered = response.get_body()
        body = json.loads(answered) if answered else None
        return Answer(response.status_code, body, response.headers)

    def __getattr__(self, method: str) -> Callable[..., Answer]:
        if method not in ("get", "put", "post"):
            raise AttributeError(method)
        return lambda *parts, **more: asyncio.run(self.call(method.upper(), *parts, **more))


@pytest.fixture
def api(storage: str, monkeypatch: pytest.MonkeyPatch) -> Api:
    monkeypatch.setenv("AzureWebJobsStorage", storage)
    return Api()


@pytest.fixture
def count_requests(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Count what is sent to the tables of every shop."""
    sent = 0
    send = TableService.send

    def counted(self: TableService, *request: Any) -> Any:
        nonlocal sent
        sent += 1
        return send(self, *request)

    monkeypatch.setattr(TableService, "send", counted)
    return lambda: sent


@pytest.fixture
def tea(api: Api) -> None:
    """Put a SKU into the catalogue."""
    entry = {"description": "Tea", "unitPrice": 250, "currency": "EUR", "available": 5}
    assert api.put("inventory/TEA", entry).status == 200


@pytest.fixture
def host(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[ListingHost]:
    """A host of our own making, of which nothing is known yet."""
    kept = CompletedOrders()
    for module in (order_list, order_counts):
        monkeypatch.setattr(module, "completed", kept)
    with listing_host() as host:
        yield host
