"""Where the orders that have not ended in order stand in a list, and which ended ones it reads.

First come those that were never checked, by the time at which they began; then all others by
their first check, when they got a row in the warehouse: this keeps an order's place, whatever
becomes of it, so that none slips past somebody who pages.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from clients.list_query import Place
from clients.order_status import LIVE
from clients.order_statuses import Statuses, read_orders
from clients.replies import Refused
from durable_sdk import InstanceStatus
from ordering.clock import utc_now
from ordering.model import BUSINESS_ENDS, Stage, is_order_id
from ordering.shop import shop
from ordering.stock.ended import LISTED, Position, position

BROKEN_OFF = ("Failed", "Terminated", "Canceled")


@dataclass(frozen=True)
class Standing:
    """The orders that are under way, those that broke off, and the first check of the open ones.

    `are_all` tells whether `live` are all that are under way, since an open one may be else;
    `are_broken_all` whether `broken` are all that broke off.
    """

    live: Statuses
    are_all: bool
    broken: Statuses
    are_broken_all: bool
    opened: dict[str, datetime]

    def places(self, stage: str | None) -> dict[Place, str]:
        """Return those orders that may be in a stage, in any if None."""
        return dict(self._places(stage))

    def _places(self, stage: str | None) -> Iterator[tuple[Place, str]]:
        if stage != Stage.INVOICED.value:
            for order_id, status in self.live.items():
                if order_id not in self.opened:
                    yield Place(False, _began(status)), order_id
        if stage in (None, Stage.FAILED.value):
            for order_id, status in self.broken.items():
                yield Place(True, _began(status)), order_id
        for order_id, since in self.opened.items():
            if order_id not in self.broken and self._may_be(order_id, stage):
                yield Place(True, position(since, order_id)), order_id

    def _may_be(self, order_id: str, stage: str | None) -> bool:
        if stage is None:
            return True
        if order_id in self.live:
            return stage != Stage.INVOICED.value
        return stage == Stage.INVOICED.value or not self.are_all


async def look_around(binding: str, *, with_input: bool = False) -> Standing:
    """Read how the orders stand that have not ended in order.

    A request of the host for each 100 of them, and one of the storage for each 1,000 that are
    open. Raises HostTrouble, StorageUnavailable.
    """
    # First those under way: one that breaks off or gets its row meanwhile is in the others then.
    live, are_all = await read_orders(binding, LIVE, with_input=with_input)
    (broken, are_broken_all), opened = await asyncio.gather(
        read_orders(binding, BROKEN_OFF), asyncio.to_thread(shop().cleanup.opened)
    )
    return Standing(live, are_all, broken, are_broken_all, opened)


def unanswered() -> Refused:
    """Return the answer (503) to whoever asks for orders while the host is in trouble."""
    return Refused(503, "The host did not answer with its orders. Send the request again.")


def needs_looking_around(stage: str | None) -> bool:
    """Tell whether a list is not of the orders alone that a decision ended."""
    return stage not in BUSINESS_ENDS


async def read_ended(stage: str | None, most: int, after: Place | None = None) -> dict[Place, str]:
    """Return the next orders that ended at a stage, at any if None; one request at most."""
    if stage is not None and stage not in LISTED:
        return {}
    behind = after.position if after is not None and after.is_checked else None
    page = await asyncio.to_thread(shop().ended.page, stage, most, behind)
    return {Place(True, found): found.order_id for found in page}


def _began(status: InstanceStatus) -> Position:
    """Return the position of an order without a row; a strange id, which no token takes, hashed."""
    order_id = status.instance_id
    if not is_order_id(order_id):
        order_id = hashlib.sha256(order_id.encode()).hexdigest()
    return position(status.created or utc_now(), order_id)
