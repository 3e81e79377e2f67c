"""The books of a running app, read from outside: its tables, its queues, its status endpoints.

Nothing here is shared with the code that writes them, but where the storage is and who asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueClient

from ordering.storage.credentials import Account, account_at
from ordering.storage.queues import queue_client
from tools.audit import rows
from tools.audit.entries import Acceptance, Order, Payment, Place, Queued, Reservation, Stock
from tools.event_queue import QUEUE
from tools.http_client import request
from tools.processes import ToolError

ORCHESTRATOR = "PlaceOrder"
TABLES = ("inventory", "payments", "orders")
_INSTANCES = "/runtime/webhooks/durabletask/instances"
_TOKEN = "x-ms-continuation-token"
_PATIENCE: dict[str, Any] = {"retry_total": 2, "retry_connect": 1, "retry_backoff_factor": 0.1}


@dataclass(frozen=True)
class Books:
    """All of it; orders by id, stock by SKU."""

    stock: Mapping[str, Stock] = field(default_factory=dict)
    reservations: Mapping[str, Reservation] = field(default_factory=dict)
    lines: frozenset[Place] = frozenset()
    accepted: Mapping[str, Acceptance] = field(default_factory=dict)
    payments: Mapping[str, tuple[Payment, ...]] = field(default_factory=dict)
    orders: Mapping[str, Order] = field(default_factory=dict)
    queue: Queued = Queued()
    read_at: datetime = field(default_factory=lambda: datetime.now(timezone.utc))

    @cached_property
    def waiting(self) -> Mapping[str, frozenset[str]]:
        """The orders that stand in line, and for which SKUs."""
        skus: dict[str, set[str]] = {}
        for place in self.lines:
            skus.setdefault(place.order_id, set()).add(place.sku)
        return {order_id: frozenset(found) for order_id, found in skus.items()}

    def charged(self, order_id: str) -> bool:
        """Tell whether an order was charged and the money is kept."""
        return any(payment.charged for payment in self.payments.get(order_id, ()))

    def is_archived(self, order_id: str) -> bool:
        """Tell whether nothing is kept of an order but that its id is spent."""
        acceptance = self.accepted.get(order_id)
        return acceptance is not None and acceptance.order is None

    def has_ended(self, order_id: str) -> bool:
        """Tell whether the tables alone say that an order has ended: its instance may be purged."""
        reservation = self.reservations.get(order_id)
        released = reservation is not None and reservation.state == "released"
        return released or self.charged(order_id) or self.is_archived(order_id)


def read_books(where: Account | str, base_url: str, code: str = "", only: str = "") -> Books:
    """Read the books of an app; `code` is the host's system key, which local hosts do not need.

    `where` is its storage account, or the connection string of that; `only` is what the ids of
    the orders and SKUs that are wanted begin with. Not one snapshot: what changes meanwhile may
    look wrong once. Raises ToolError.
    """
    account = account_at(where)
    try:
        with TableServiceClient(
            account.table_url, credential=account.credential(), **_PATIENCE
        ) as service:
            found = {name: _rows(service, name, only) for name in TABLES}
        queue = _queue(account)
    except (AzureError, ValueError) as error:
        # The text of one that got no answer holds an address, perhaps with a signature.
        answered = isinstance(error, HttpResponseError)
        reason = str(error).splitlines()[0] if answered else type(error).__name__
        raise ToolError(
            f"The storage of the app cannot be read ({reason}). Is it there? "
            "Locally, `make run` starts Azurite."
        ) from None
    return Books(
        stock=rows.stock(found["inventory"]),
        reservations=rows.reservations(found["inventory"]),
        lines=rows.lines(found["inventory"]),
        accepted=rows.accepted(found["orders"]),
        payments=rows.payments(found["payments"]),
        orders=dict(_orders(base_url, code, only)),
        queue=queue,
    )


def _queue(account: Account) -> Queued:
    """Count the messages on the event queue and its poison queue, also those that are hidden."""
    with queue_client(account, QUEUE, **_PATIENCE) as queue:
        count = _count(queue)
        seen = [message.inserted_on for message in queue.peek_messages(32)] if count else []
    poisoned = f"{QUEUE}-poison"
    with queue_client(account, poisoned, **_PATIENCE) as queue:
        poison = _count(queue)
    return Queued(count, min((time for time in seen if time), default=None), poison)


def _count(queue: QueueClient) -> int:
    try:
        return queue.get_queue_properties().approximate_message_count or 0
    except ResourceNotFoundError:
        return 0


def _rows(service: TableServiceClient, table: str, only: str) -> list[Any]:
    client = service.get_table_client(table)
    try:
        if only:
            return list(client.query_entities(_query(table, only)))
        return list(client.list_entities())
    except ResourceNotFoundError:
        return []


def _query(table: str, only: str) -> str:
    """Return a filter for the rows of orders and SKUs that begin so."""
    if table != "inventory":
        return _beginning("PartitionKey", only)
    kinds = (_beginning("RowKey", f"{kind}:{only}") for kind in ("order", "sku", "waiting"))
    return " or ".join(f"({kind})" for kind in kinds)


def _beginning(key: str, text: str) -> str:
    # '~' comes after all that may be in an id or a SKU.
    return f"{key} ge '{text}' and {key} lt '{text}~'"


def _orders(base_url: str, code: str, only: str) -> Iterator[tuple[str, Order]]:
    wanted = {"code": code, "instanceIdPrefix": only}
    told = {name: value for name, value in wanted.items() if value}
    query = urlencode({"top": 100, "showInput": "false", **told})
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
