"""How orders stand, for a list of them: those under way at once, and those that ended one by one.

The host lists orchestrations by id, and cannot tell an order that was cancelled from one that was
invoiced; so of the ended ones it is asked for those only that a list shows. What it answers of one
that is Completed is kept for a minute, since it does not change: a page that is open looks again
each second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from threading import Lock

from clients.order_pages import PAGE, read_each, read_page
from clients.orders import ORCHESTRATOR
from durable_sdk import InstanceStatus, list_address

# Of the orders under way, and of those that broke off; the host answers 100 at a time.
MOST_READ = 1_000
KEPT = 60.0
_MOST_KEPT = 2_000

Statuses = dict[str, InstanceStatus]


async def read_orders(
    binding: str, runtime_statuses: Sequence[str], *, with_input: bool = False
) -> tuple[Statuses, bool]:
    """Return the first 1,000 orders in some runtime statuses, by id, and whether that is all.

    Raises HostTrouble.
    """
    found: Statuses = {}
    token: str | None = None
    for _ in range(MOST_READ // PAGE):
        page = await read_page(binding, runtime_statuses, token, with_input=with_input)
        found |= {each.instance_id: each for each in page.statuses if each.name == ORCHESTRATOR}
        token = page.next_token
        if not token:
            return found, True
    return found, False


class CompletedOrders:
    """What the host has answered of orders that are Completed. Safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[tuple[str, str], tuple[float, InstanceStatus]] = {}
        self._lock = Lock()

    async def read(
        self, binding: str, ids: Sequence[str], *, with_input: bool = False
    ) -> tuple[Statuses, int]:
        """Return those of some orders that the host knows, and of how many it was asked.

        Raises HostTrouble.
        """
        hub = str(list_address(binding))
        found = self._find(hub, ids)
        asked = [order_id for order_id in ids if order_id not in found]
        read = await read_each(binding, asked, with_input=with_input)
        self._keep(hub, read)
        return found | {each.instance_id: each for each in read}, len(asked)

    def _find(self, hub: str, ids: Sequence[str]) -> Statuses:
        since = self._clock() - KEPT
        with self._lock:
            kept = {order_id: self._kept.get((hub, order_id)) for order_id in ids}
        return {name: one[1] for name, one in kept.items() if one is not None and one[0] > since}

    def _keep(self, hub: str, statuses: Sequence[InstanceStatus]) -> None:
        now = self._clock()
        with self._lock:
            for each in statuses:
                if each.runtime_status == "Completed":
                    # The longest kept comes first, and goes first.
                    self._kept.pop((hub, each.instance_id), None)
                    self._kept[hub, each.instance_id] = now, each
            while len(self._kept) > _MOST_KEPT:
                del self._kept[next(iter(self._kept))]


# Of this process, for all that list orders.
completed = CompletedOrders()
