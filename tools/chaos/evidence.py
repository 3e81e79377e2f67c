"""All that is known of one order: its rows, its payments, its history, its faults, its log."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.data.tables import TableServiceClient

from tools.chaos.journal import Event
from tools.chaos.management import INSTANCES
from tools.chaos.placed import PlacedOrder
from tools.chaos.rig import Rig
from tools.http_client import request

_MOST_LOG_LINES = 40
_LONGEST = 400
_DULL = ("Timestamp", "EventType", "FunctionName", "ScheduledTime")


def evidence(rig: Rig, order: PlacedOrder) -> Iterator[str]:
    """Yield the lines of a report on one order."""
    order_id = order.order_id
    deeds = f"; an operator did: {', '.join(order.done)}" if order.done else ""
    yield f"## Order {order_id}: {order.scenario}, {_text(order.quantities)}{deeds}"
    yield from _section("Faults that hit it", map(_told, rig.journal.of_order(order_id)))
    yield from _section("Rows", _rows(rig.connection, order_id))
    intents = rig.stripe.books.of_orders().get(order_id, [])
    yield from _section("Stripe", (f"{_text(each.shown())}, kept {each.kept}" for each in intents))
    yield from _section("History", _history(rig.base_url, order_id))
    yield from _section("Log", rig.log_lines(order_id)[-_MOST_LOG_LINES:])


def _section(title: str, lines: Iterator[str] | list[str]) -> Iterator[str]:
    yield f"\n{title}:\n"
    found = [f"    {line[:_LONGEST]}" for line in lines]
    yield from found or ["    none"]


def _told(event: Event) -> str:
    moment = time.strftime("%H:%M:%S", time.gmtime(event.at))
    return f"{moment}.{int(event.at % 1 * 1000):03d}Z {event.kind} {event.detail}".rstrip()


def _rows(connection: str, order_id: str) -> Iterator[str]:
    wanted = {
        "inventory": f"RowKey eq 'order:{order_id}' or RowKey eq 'open:{order_id}'",
        "payments": f"PartitionKey eq '{order_id}'",
        "orders": f"PartitionKey eq '{order_id}'",
    }
    try:
        with TableServiceClient.from_connection_string(connection) as service:
            for name, query in wanted.items():
                try:
                    for row in service.get_table_client(name).query_entities(query):
                        yield f"{name}: {_text(dict(row))}"
                except ResourceNotFoundError:
                    yield f"{name}: there is no such table"
    except AzureError as error:
        yield f"they cannot be read: {error}"


def _history(base_url: str, order_id: str) -> Iterator[str]:
    query = "showHistory=true&showHistoryOutput=true"
    answer = request("GET", f"{base_url}{INSTANCES}/{quote(order_id)}?{query}")
    if answer.status not in (200, 202):
        yield f"the host answers {answer.status}"
        return
    told = answer.json()
    yield f"{told['runtimeStatus']}, {_text(told['customStatus'])}, output {_text(told['output'])}"
    for event in told.get("historyEvents") or []:
        rest = {key: value for key, value in event.items() if key not in _DULL}
        name = event.get("FunctionName", "")
        yield f"{event.get('Timestamp', '')} {event['EventType']} {name} {_text(rest)}"


def _text(value: Any) -> str:
    return json.dumps(value, default=str)
