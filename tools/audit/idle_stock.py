"""Invariant 6: no stock lies free for more than five minutes while it could serve an order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from tools.audit.books import Books

LONGEST = timedelta(minutes=5)
# As it stands in the rows: no colon may be in the keys of a line.
_SINCE = "%Y-%m-%dT%H%M%S.%fZ"


def check_idle_stock(books: Books, before: datetime) -> Iterator[str]:
    """Yield the orders that the stock could have served before a moment.

    Stock is set aside for the oldest first, and each order gets all that it needs or nothing.
    Since when stock is free is not in the books, but a SKU's row has not changed since then; so
    what is said of a SKU that is always being changed is too little, never too much.
    """
    left = {sku: stock.available for sku, stock in books.stock.items()}
    waiting = sorted(
        (row.since, order_id, row.needs)
        for order_id, row in books.reservations.items()
        if row.waits and _can_go_on(books, order_id)
    )
    for since, order_id, needs in waiting:
        if any(left.get(sku, 0) < quantity for sku, quantity in needs.items()):
            continue
        for sku, quantity in needs.items():
            left[sku] -= quantity
        if _moment(since) <= before and all(_at_rest(books, sku, before) for sku in needs):
            free = ", ".join(f"{quantity} {sku}" for sku, quantity in sorted(needs.items()))
            yield f"order {order_id} waits since {since}, and all that it needs is free: {free}"


def _can_go_on(books: Books, order_id: str) -> bool:
    order = books.orders.get(order_id)
    return order is not None and order.live and order.runtime_status != "Suspended"


def _at_rest(books: Books, sku: str, before: datetime) -> bool:
    changed = books.stock[sku].changed
    return changed is None or changed <= before


def _moment(since: str) -> datetime:
    return datetime.strptime(since, _SINCE).replace(tzinfo=timezone.utc)
