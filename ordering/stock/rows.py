"""Rows of the table `inventory`: a warehouse's stock, restocks, reservations, waiting orders."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ordering.storage.entities import Row

TABLE = "inventory"
WAREHOUSE = "main"
HELD = "held"
RELEASED = "released"


@dataclass(frozen=True)
class Line:
    """A line of a reservation, at the price of its moment; `unitPrice` in minor units."""

    sku: str
    description: str
    quantity: int
    unitPrice: int  # noqa: N815 - as in the stored JSON

    @property
    def amount(self) -> int:
        """The line's price in minor units."""
        return self.quantity * self.unitPrice


@dataclass(frozen=True)
class Reservation:
    """Stock set aside for an order, in one currency."""

    state: str
    currency: str
    lines: tuple[Line, ...]

    @property
    def total(self) -> int:
        """The price of all lines in minor units."""
        return sum(line.amount for line in self.lines)


def stock_key(sku: str) -> str:
    """Return the row key of a SKU's stock and price."""
    return f"sku:{sku}"


def order_key(order_id: str) -> str:
    """Return the row key of an order's reservation."""
    return f"order:{order_id}"


def waiting_key(order_id: str) -> str:
    """Return the row key of an order that waits for stock."""
    return f"waiting:{order_id}"


def unsettled_key(order_id: str) -> str:
    """Return the row key of an order that has waited for or held stock and has no seen end yet."""
    return f"unsettled:{order_id}"


def restock_key(idempotency_key: str) -> str:
    """Return the row key of a restock; hashed, since a client's key may hold any character."""
    return f"restock:{hashlib.sha256(idempotency_key.encode()).hexdigest()}"


def notified_key(idempotency_key: str) -> str:
    """Return the row key of what a restock answered."""
    return f"{restock_key(idempotency_key)}:notified"


def row(key: str, **properties: Any) -> dict[str, Any]:
    """Return a row of the warehouse."""
    return {"PartitionKey": WAREHOUSE, "RowKey": key, **properties}


def number(entity: Row, name: str) -> int:
    """Return a number of a row, 0 if it has none."""
    return int(entity.get(name, 0))


def on_hold(entity: Row) -> int:
    """Return how many pieces of a SKU orders hold or have bought, by the row's own books.

    `stocked` is all that was ever put in. Only putting stock in changes it, together with
    `available`; orders change `available` alone. So the sum of the reservations can be checked
    against the difference: see tools/audit.py.
    """
    return max(0, number(entity, "stocked") - number(entity, "available"))


def line(entity: Row, sku: str, quantity: int) -> Line:
    """Return a reservation's line from a SKU's row."""
    return Line(sku, str(entity.get("description", "")), quantity, number(entity, "unitPrice"))


def dump(lines: Sequence[Line]) -> str:
    """Return lines as the text of one property.

    At most 50 lines of 64 + 200 characters: under the 32 K characters (UTF-16) of a property.
    """
    return json.dumps([asdict(line) for line in lines], ensure_ascii=False, separators=(",", ":"))


def load(text: str) -> tuple[Line, ...]:
    """Return the lines that `dump` wrote."""
    return tuple(Line(**line) for line in json.loads(text))


def reservation(entity: Mapping[str, Any]) -> Reservation:
    """Return the reservation that a row holds."""
    return Reservation(str(entity["state"]), str(entity["currency"]), load(str(entity["lines"])))
