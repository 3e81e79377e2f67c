"""Rows of the table `inventory`: what each of them is called and holds.

All rows of a warehouse are in one partition, so that one transaction can change a SKU together
with the orders that take it or wait for it:

    sku:<sku>                       what is free, what it costs
    order:<orderId>                 an order's reservation: waiting, held or released
    waiting:<sku>:<since>:<orderId> the same order in the line of a SKU, oldest first
    open:<orderId>                  the order has a row and its end was not seen yet
    ended:<stage>:<from the end of time>:<orderId>
                                    an order that a decision ended, by its first check
    closed:<from the end of time>:<orderId>
                                    any that ended with an invoice or a decision (ended.py)
    restock:<hash>                  a restock that was done, by its idempotency key

No part of a key can hold a `:` (ordering/model.py), so no id is a prefix of another's key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ordering.clock import timestamp
from ordering.storage.tables import Row

TABLE = "inventory"
WAREHOUSE = "main"

WAITING = "waiting"
HELD = "held"
RELEASED = "released"

# A transaction takes 100 operations. Reserving an order of 50 lines that waited changes 50 SKUs
# and its own row, which leaves 49 lines to be taken off. The line that is left out is one that
# sufficed when the order began to wait; if it is short later, the sweep finds the order.
MOST_LINES_OF_AN_ORDER = 49


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
    """Stock set aside for an order, in one currency. Once released, what it held."""

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


def open_key(order_id: str) -> str:
    """Return the row key that says: the end of this order was not seen yet."""
    return f"open:{order_id}"


def line_key(sku: str, since: str = "", order_id: str = "") -> str:
    """Return the row key of an order in the line of a SKU; without an order, how they begin."""
    return f"waiting:{sku}:{since}:{order_id}" if order_id else f"waiting:{sku}:"


def restock_key(idempotency_key: str) -> str:
    """Return the row key of a restock; hashed, since a client's key may hold any character."""
    return f"restock:{hashlib.sha256(idempotency_key.encode()).hexdigest()}"


def notified_key(idempotency_key: str) -> str:
    """Return the row key of whom a restock woke."""
    return f"{restock_key(idempotency_key)}:notified"


def beginning_with(prefix: str, after: str = "") -> str:
    """Return the filter for the rows whose keys begin with a prefix that ends in `:`.

    `after` leaves out that key and all before it.
    """
    first = f"RowKey gt '{after}'" if after > prefix else f"RowKey ge '{prefix}'"
    # ';' follows ':' in the order of row keys.
    return f"PartitionKey eq '{WAREHOUSE}' and {first} and RowKey lt '{prefix[:-1]};'"


def between(first: str, last: str) -> str:
    """Return the filter for the rows from one key to another, both included."""
    return f"PartitionKey eq '{WAREHOUSE}' and RowKey ge '{first}' and RowKey le '{last}'"


def row(key: str, **properties: Any) -> dict[str, Any]:
    """Return a row of the warehouse."""
    return {"PartitionKey": WAREHOUSE, "RowKey": key, **properties}


def id_of(stored: Mapping[str, Any]) -> str:
    """Return what comes behind the last `:` of a row's key: an order's id, or a SKU."""
    return str(stored["RowKey"]).rpartition(":")[2]


def on_hold(stock: Row) -> int:
    """Return how many pieces of a SKU orders hold or have bought, by the row's own books.

    `stocked` is all that was ever put in. Only putting stock in changes it, together with
    `available`; orders change `available` alone. So the sum of the reservations can be checked
    against the difference, as tools/audit does.
    """
    return max(0, int(stock.get("stocked", 0)) - int(stock["available"]))


def needs_of(stored: Mapping[str, Any]) -> dict[str, int]:
    """Return the quantities by SKU that a waiting order's row or its row in a line names."""
    needs: dict[str, int] = json.loads(str(stored["needs"]))
    return needs


def dump_needs(needs: Mapping[str, int]) -> str:
    """Return the text that `needs_of` reads."""
    return json.dumps(dict(needs), separators=(",", ":"))


def dump(lines: Iterable[Line]) -> str:
    """Return lines as the text of one property.

    At most 50 lines of 64 + 200 characters: under the 32 K characters (UTF-16) of a property.
    """
    return json.dumps([asdict(line) for line in lines], ensure_ascii=False, separators=(",", ":"))


def load(text: str) -> tuple[Line, ...]:
    """Return the lines that `dump` wrote."""
    return tuple(Line(**line) for line in json.loads(text))


def reservation(stored: Mapping[str, Any]) -> Reservation:
    """Return the reservation that an order's row holds."""
    return Reservation(str(stored["state"]), str(stored["currency"]), load(str(stored["lines"])))


def skus_of(stored: Mapping[str, Any]) -> list[str]:
    """Return the SKUs that an order's row holds, held or waits for."""
    held = [line.sku for line in load(str(stored["lines"]))]
    return held or list(needs_of(stored) if "needs" in stored else ())


def lines_to_stand_in(stored: Mapping[str, Any]) -> list[str]:
    """Return the row keys of a waiting order in the lines of its SKUs."""
    order_id, since = id_of(stored), str(stored["since"])
    skus = json.loads(str(stored["queued"])) if "queued" in stored else list(needs_of(stored))
    return [line_key(sku, since, order_id) for sku in skus]


def waiting_since(now: datetime) -> str:
    """Return a moment as it stands in the keys of a line: their order is that of the moments."""
    return timestamp(now, "microseconds").replace(":", "")


def first_lines(needs: Sequence[str], short: Iterable[str]) -> list[str]:
    """Return the SKUs in whose lines an order is put: all but, of 50, one that sufficed."""
    wanted = set(short)
    ordered = sorted(needs, key=lambda sku: sku not in wanted)
    return ordered[:MOST_LINES_OF_AN_ORDER]
