"""What is sent: by the schema, by hand, and to the queue."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import schemathesis
from hypothesis import strategies as st

from tests.hostile import EVENT, ITEM, ORDER, broken, raw, texts
from tools.hosts import ROOT

DESCRIPTION = ROOT / "docs" / "openapi.yaml"
# Few, so that orders meet, and that a list of all stays short; the last one is a bystander's.
SKUS = [f"fuzz-{number}" for number in range(8)]
BYSTANDER = "bystander"
LARGEST_MESSAGE = 48 * 1024


@dataclass(frozen=True)
class Plain:
    """A request by hand."""

    method: str
    path: str
    body: bytes | None = None


@dataclass(frozen=True)
class Message:
    """A message on the event queue."""

    body: bytes


order_ids = st.integers(0, 400).map(lambda number: f"o-{number}")
quantities = st.one_of(
    *[st.integers(1, 5)] * 9, st.sampled_from([0, 10_000, 10_001, 1.0, True, "1"])
)
lines = st.builds(
    lambda sku, quantity: {"sku": sku, "quantity": quantity}, st.sampled_from(SKUS), quantities
)
orders = st.builds(
    lambda order_id, items, method: {
        "orderId": order_id,
        "customerId": "ada",
        "items": items,
        "paymentMethod": method,
    },
    order_ids,
    st.lists(lines, min_size=1, max_size=3),
    st.sampled_from(["pm_card_visa", "pm_card_visa_chargeDeclined"]),
)
segments = (texts | order_ids).map(lambda text: quote(text[:300], safe="", errors="replace"))
events = st.builds(
    lambda order_id, name, data: {"instanceID": order_id, "EventName": name, "EventData": data},
    order_ids,
    st.sampled_from(["Proceed", "Cancel", "proceed", "CANCEL", "Procede", ""]),
    st.none() | st.just({"__class__": "x", "__module__": "os", "__data__": "1"}) | texts,
)


def _written(values: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    return values.map(lambda value: json.dumps(value).encode())


def _posted(path: str, bodies: st.SearchStrategy[bytes], method: str = "POST") -> Any:
    return bodies.map(lambda body: Plain(method, path, body))


def by_hand() -> st.SearchStrategy[Plain]:
    """Give requests that are meant, almost meant, or nothing of the kind."""
    sku = st.sampled_from(SKUS)
    return st.one_of(
        _posted("/api/orders", _written(broken(ORDER)) | raw),
        sku.flatmap(lambda each: _posted(f"/api/inventory/{each}", _written(broken(ITEM)), "PUT")),
        sku.flatmap(
            lambda each: _posted(
                f"/api/inventory/{each}/restock", _written(broken({"quantity": 1})) | raw
            )
        ),
        st.builds(
            lambda order_id, name, body: Plain(
                "POST", f"/api/orders/{order_id}/events/{name}", body
            ),
            order_ids,
            st.sampled_from(["Proceed", "cancel", "Procede", "%00"]),
            _written(broken({"any": 1})) | raw,
        ),
        st.builds(
            lambda method, start, segment, end: Plain(method, f"{start}{segment}{end}"),
            st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
            st.sampled_from(
                ["/api/orders/", "/api/inventory/", "/api/events/failed/", "/api/page/", "/api/"]
                + ["/api/orders?stage=", "/api/orders?continuationToken=", "/api/orders?top="]
            ),
            segments,
            st.sampled_from(["", "/history", "/restock", "/resend", "/events/Proceed"]),
        ),
    )


def messages() -> st.SearchStrategy[Message]:
    """Give messages for the event queue."""
    bodies = _written(events) | _written(broken(EVENT)) | raw
    return bodies.filter(lambda body: len(body) <= LARGEST_MESSAGE).map(Message)


def by_schema() -> st.SearchStrategy[Any]:
    """Give requests as the description of the API has them, and such as break it."""
    schema = schemathesis.openapi.from_path(str(DESCRIPTION))
    operations = [each.ok() for each in schema.get_all_operations()]
    return st.one_of(
        *[each.as_strategy(mode) for each in operations for mode in schemathesis.GenerationMode]
    )


def all_inputs() -> st.SearchStrategy[Any]:
    """Give inputs of all kinds: four of ten by the schema, two are orders that may be accepted."""
    kinds = [by_schema()] * 4 + [by_hand()] * 3 + [_posted("/api/orders", _written(orders))] * 2
    # Chosen first: of a plain one_of of one_ofs each of the schema's many would weigh the same.
    return st.sampled_from([*kinds, messages()]).flatmap(lambda kind: kind)
