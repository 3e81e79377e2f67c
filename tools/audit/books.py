"""The books of a running app, read from outside: its tables, its queues, its status endpoints.

Nothing here is shared with the code that writes them, but where the storage is and who asks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlencode

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.data.tables import TableServiceClient

from ordering.storage.credentials import Account, account_at
from ordering.storage.queues import queue_client
from tools.event_queue import QUEUE
from tools.http_client import request
from tools.processes import ToolError

ORCHESTRATOR = "PlaceOrder"
DECISIONS = ("Cancelled", "Expired", "PaymentDeclined", "Rejected")
LIVE = ("Pending", "Running", "Suspended", "ContinuedAsNew")
_INSTANCES = "/runtime/webhooks/durabletask/instances"
_TOKEN = "x-ms-continuation-token"
_PATIENCE: dict[str, Any] = {"retry_total": 2, "retry_connect": 1, "retry_backoff_factor": 0.1}


@dataclass(frozen=True)
class Stock:
    """A SKU's pieces: free, and all that was ever put in (None if the row does not say)."""

    available: int
    stocked: int | None


@dataclass(frozen=True)
class Reservation:
    """What an order holds or held: pieces by SKU, and their price in minor units."""

    held: bool
    quantities: Mapping[str, int] = field(default_factory=dict)
    total: int = 0


@dataclass(frozen=True)
class Payment:
    """A row of the table of payments."""

    state: str
    total: int = 0
    currency: str = ""
    reference: str = ""


@dataclass(frozen=True)
class Order:
    """An orchestration as its status shows it."""

    runtime_status: str
    stage: str
    output: Any
    updated: datetime

    @property
    def live(self) -> bool:
        return self.runtime_status in LIVE

    @property
    def end(self) -> str:
        """How it ended or where it is: its stage, which Terminate leaves as it was."""
        told = self.stage if self.runtime_status in (*LIVE, "Completed", "Failed") else ""
        return told or self.runtime_status

    @property
    def decision(self) -> dict[str, Any] | None:
        """What a completed order ended with in the place of an invoice."""
        found = self.output if self.runtime_status == "Completed" else None
        return found if isinstance(found, dict) and found.get("stage") in DECISIONS else None

    @property
    def sold(self) -> bool:
        """Whether what it held is the customer's."""
        return self.runtime_status == "Completed" and self.decision is None

    @property
    def invoice(self) -> dict[str, Any] | None:
        """The invoice of a completed order."""
        found = self.output if self.runtime_status == "Completed" else None
        return found if isinstance(found, dict) and "invoiceId" in found else None


@dataclass(frozen=True)
class Queued:
    """The event queue: how many messages, and since when the oldest that can be seen is there."""

    messages: int = 0
    oldest: datetime | None = None
    poison: int = 0


@dataclass(frozen=True)
class Books:
    """All of it; orders by id, stock by SKU."""

    stock: Mapping[str, Stock] = field(default_factory=dict)
    reservations: Mapping[str, Reservation] = field(default_factory=dict)
    waiting: frozenset[str] = frozenset()
    claims: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    payments: Mapping[str, tuple[Payment, ...]] = field(default_factory=dict)
    orders: Mapping[str, Order] = field(default_factory=dict)
    queue: Queued = Queued()
    read_at: datetime = field(default_factory=lambda: datetime.now(timezone.utc))


def read_books(where: Account | str, base_url: str, code: str = "") -> Books:
    """Read the books of an app; `code` is the host's system key, which local hosts do not need.

    `where` is its storage account, or the connection string of that. Not one snapshot: what
    changes meanwhile may look wrong once. Raises ToolError.
    """
    account = account_at(where)
    try:
        with TableServiceClient(
            account.table_url, credential=account.credential(), **_PATIENCE
        ) as service:
            rows = {name: _rows(service, name) for name in ("inventory", "payments", "orders")}
        queue = _queue(account)
    except (AzureError, ValueError) as error:
        # The text of one that got no answer holds an address, perhaps with a signature.
        answered = isinstance(error, HttpResponseError)
        reason = str(error).splitlines()[0] if answered else type(error).__name__
        raise ToolError(
            f"The storage of the app cannot be read ({reason}). Is it there? "
            "Locally, `make run` starts Azurite."
        ) from None
    inventory = {str(row["RowKey"]): row for row in rows["inventory"]}
    return Books(
        stock={key: _stock(row) for key, row in _of_kind(inventory, "sku")},
        reservations={key: _reservation(row) for key, row in _of_kind(inventory, "order")},
        waiting=frozenset(key for key, _ in _of_kind(inventory, "waiting")),
        claims={row["PartitionKey"]: json.loads(row["order"]) for row in rows["orders"]},
        payments=_payments(rows["payments"]),
        orders=dict(_orders(base_url, code)),
        queue=queue,
    )


def _rows(service: TableServiceClient, table: str) -> list[Any]:
    try:
        return list(service.get_table_client(table).list_entities())
    except ResourceNotFoundError:
        return []


def _of_kind(inventory: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Any]]:
    for key, row in inventory.items():
        name, _, rest = key.partition(":")
        if name == kind:
            yield rest, row


def _stock(row: Any) -> Stock:
    return Stock(_number(row["available"]), _number(row["stocked"]) if "stocked" in row else None)


def _reservation(row: Any) -> Reservation:
    lines = json.loads(row["lines"])
    return Reservation(
        row["state"] == "held",
        {line["sku"]: line["quantity"] for line in lines},
        sum(line["quantity"] * line["unitPrice"] for line in lines),
    )


def _payments(rows: list[Any]) -> dict[str, tuple[Payment, ...]]:
    found: dict[str, tuple[Payment, ...]] = {}
    for row in rows:
        total = _number(row.get("total", 0))
        texts = (str(row.get(name, "")) for name in ("currency", "paymentReference"))
        payment = Payment(str(row["state"]), total, *texts)
        found[row["PartitionKey"]] = (*found.get(row["PartitionKey"], ()), payment)
    return found


def _number(value: Any) -> int:
    return int(value[0]) if isinstance(value, tuple) else int(value)


def _queue(account: Account) -> Queued:
    with queue_client(account, QUEUE, **_PATIENCE) as queue:
        try:
            count = queue.get_queue_properties().approximate_message_count or 0
            seen = [message.inserted_on for message in queue.peek_messages(max_messages=32)]
        except ResourceNotFoundError:
            count, seen = 0, []
    poisoned = f"{QUEUE}-poison"
    with queue_client(account, poisoned, **_PATIENCE) as queue:
        try:
            poison = queue.get_queue_properties().approximate_message_count or 0
        except ResourceNotFoundError:
            poison = 0
    return Queued(count, min((time for time in seen if time), default=None), poison)


def _orders(base_url: str, code: str) -> Iterator[tuple[str, Order]]:
    query = urlencode({"top": 100, "showInput": "false", **({"code": code} if code else {})})
    token = ""
    while True:
        headers = {_TOKEN: token} if token else {}
        answer = request("GET", f"{base_url.rstrip('/')}{_INSTANCES}?{query}", headers=headers)
        if answer.status != 200:
            what = f"status {answer.status}" if answer.status else "no answer"
            raise ToolError(
                f"The app at {base_url} gives {what} to the list of its orders. Is it running? "
                "`make run` starts it; in Azure give the durable task system key with --code."
            )
        for entry in answer.json():
            if entry["name"] == ORCHESTRATOR:
                yield entry["instanceId"], _order(entry)
        token = answer.headers.get(_TOKEN) or ""
        if not token:
            return


def _order(entry: dict[str, Any]) -> Order:
    custom = entry.get("customStatus")
    stage = custom.get("stage", "") if isinstance(custom, dict) else ""
    updated = datetime.fromisoformat(entry["lastUpdatedTime"].replace("Z", "+00:00"))
    return Order(entry["runtimeStatus"], stage, entry.get("output"), updated)
