"""The rows of the app's tables, read without the code that writes them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from tools.audit.entries import Acceptance, Payment, Place, Reservation, Stock


def stock(inventory: Iterable[Any]) -> dict[str, Stock]:
    """Return the SKUs; their rows are called `sku:<sku>`."""
    return {
        sku: Stock(
            _number(row["available"]),
            _number(row["stocked"]) if "stocked" in row else None,
            _changed(row),
        )
        for sku, row in _of_kind(inventory, "sku")
    }


def reservations(inventory: Iterable[Any]) -> dict[str, Reservation]:
    """Return what orders hold, held or wait for; their rows are called `order:<orderId>`."""
    return {order_id: _reservation(row) for order_id, row in _of_kind(inventory, "order")}


def lines(inventory: Iterable[Any]) -> frozenset[Place]:
    """Return the places in line; their rows are called `waiting:<sku>:<since>:<orderId>`."""
    parts = (key.split(":") for key, _ in _of_kind(inventory, "waiting"))
    # Of a row that is called otherwise, what is known is that nobody waits there.
    return frozenset(Place(*each) if len(each) == 3 else Place("", "", each[-1]) for each in parts)


def payments(rows: Iterable[Any]) -> dict[str, tuple[Payment, ...]]:
    """Return the payments by order."""
    found: dict[str, tuple[Payment, ...]] = {}
    for row in rows:
        payment = Payment(
            str(row["state"]),
            _number(row.get("total", 0)),
            str(row.get("currency", "")),
            str(row.get("paymentReference", "")),
            _quantities(row.get("lines")),
            _worth(row.get("lines")),
        )
        order_id = str(row["PartitionKey"])
        found[order_id] = (*found.get(order_id, ()), payment)
    return found


def accepted(rows: Iterable[Any]) -> dict[str, Acceptance]:
    """Return the orders that were accepted, by id."""
    return {
        str(row["PartitionKey"]): Acceptance(json.loads(row["order"]) if "order" in row else None)
        for row in rows
    }


def _of_kind(inventory: Iterable[Any], kind: str) -> Iterator[tuple[str, Any]]:
    for row in inventory:
        name, _, rest = str(row["RowKey"]).partition(":")
        if name == kind:
            yield rest, row


def _reservation(row: Mapping[str, Any]) -> Reservation:
    needs: dict[str, int] = json.loads(row.get("needs") or "{}")
    return Reservation(
        str(row["state"]),
        _quantities(row["lines"]),
        _worth(row["lines"]),
        needs,
        # An order of many SKUs may stand in the lines of all but some.
        frozenset(json.loads(row["queued"]) if row.get("queued") else needs),
        str(row.get("since", "")),
    )


def _quantities(lines: str | None) -> dict[str, int]:
    return {line["sku"]: line["quantity"] for line in json.loads(lines or "[]")}


def _worth(lines: str | None) -> int:
    return sum(line["quantity"] * line["unitPrice"] for line in json.loads(lines or "[]"))


def _number(value: Any) -> int:
    return int(value[0]) if isinstance(value, tuple) else int(value)


def _changed(row: Any) -> datetime | None:
    changed: datetime | None = row.metadata.get("timestamp")
    return changed
