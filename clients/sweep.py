"""SweepOrders: clean up after orders that ended without undoing what they had done."""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from enum import Enum
from functools import partial
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from clients.order_pages import read_all
from clients.order_status import LIVE
from durable_sdk import HostTrouble, InstanceStatus, find_status, task_hub
from ordering.cleanup import OpenOrder
from ordering.clock import utc_now
from ordering.model import Stage, business_end
from ordering.notifications import PROCEED
from ordering.settings import sweep_schedule
from ordering.shop import Shop, shop

AT_ONCE = 8

log = logging.getLogger(__name__)
bp = df.Blueprint()


class End(Enum):
    """How an order stands, as far as its stock and money go."""

    LIVE = "is under way"
    INVOICED = "has ended with its invoice"
    UNDONE = "has ended by a decision, and is undone"
    BROKEN_OFF = "has ended before its compensation was done"
    UNKNOWN = "is not known to the host"


_DONE = (End.INVOICED, End.UNDONE)
# Neither Terminate (durable-functions-instance-management) nor a purge runs the orchestrator.
_ENDS = {
    "Failed": End.BROKEN_OFF,
    "Terminated": End.BROKEN_OFF,
    "Canceled": End.BROKEN_OFF,
}
# From so many on they are asked for by the page of 100 instead of one by one.
MANY = 10
YOUNG = timedelta(minutes=30)


@bp.function_name(name="SweepOrders")
@bp.timer_trigger(arg_name="timer", schedule=sweep_schedule())
@bp.generic_input_binding(arg_name="binding", type="durableClient")
@bp.durable_client_input(client_name="client")
async def sweep_orders(
    timer: func.TimerRequest, client: df.DurableOrchestrationClient, binding: str
) -> None:
    """Release the stock and refund the money of orders that ended before they could do it.

    Looks at every order that has waited for or held stock and whose end was not seen yet; then
    wakes the waiting orders that free stock can serve. An order that cannot be settled now is
    logged, stops no other and is looked at again by the next run. All it does is idempotent: it
    may run at any time, and on several instances at once.
    """
    pages = await asyncio.to_thread(lambda: shop().cleanup.open_orders())
    live: list[InstanceStatus] = []
    running: dict[str, InstanceStatus] | None = None
    while page := await asyncio.to_thread(_next, pages):
        seen: dict[str, InstanceStatus] = {}
        if len(page) >= MANY:
            running = await _running(binding) if running is None else running
            seen = await _by_the_page(page, binding, running)
        others = [order for order in page if not _is(order, seen, End.LIVE, *_DONE)]
        for first in range(0, len(others), AT_ONCE):
            some = others[first : first + AT_ONCE]
            looks = await asyncio.gather(*(_look_at(order, client) for order in some))
            seen |= {status.instance_id: status for status in looks if status is not None}
        live += [seen[order.order_id] for order in page if _is(order, seen, End.LIVE)]
        undone = [order.order_id for order in page if _is(order, seen, End.UNDONE)]
        invoiced = [order for order in page if _is(order, seen, End.INVOICED)]
        await asyncio.to_thread(shop().cleanup.close, undone)
        await asyncio.to_thread(shop().cleanup.close_invoiced, invoiced)
    deaf = [status for status in live if _is_deaf(status)]
    paused = [status for status in live if _is_paused(status)]
    wake = partial(shop().wake_idle, _ids(paused), _ids(deaf))
    if woken := await asyncio.to_thread(wake):
        log.info("%d orders woken, as stock is free: %s", len(woken), ", ".join(woken[:20]))


def _is(order: OpenOrder, seen: Mapping[str, InstanceStatus], *ends: End) -> bool:
    return order.order_id in seen and _end(seen[order.order_id]) in ends


def _ids(statuses: Iterable[InstanceStatus]) -> list[str]:
    return [status.instance_id for status in statuses]


def _is_paused(status: InstanceStatus) -> bool:
    stage = _told(status).get("stage")
    return status.runtime_status == "Running" and stage == Stage.AWAITING_PROCEED.value


def _is_deaf(status: InstanceStatus) -> bool:
    """Tell whether an order takes no Proceed: suspended, or checked so often that it is on its own.

    Stock that is kept for it would keep those behind it waiting.
    """
    heard = _told(status).get("waitingFor")
    is_on_its_own = _is_paused(status) and heard is not None and PROCEED not in heard
    return status.runtime_status == "Suspended" or is_on_its_own


def _told(status: InstanceStatus) -> Mapping[str, Any]:
    return status.custom_status if isinstance(status.custom_status, dict) else {}


def _next(pages: Iterator[list[OpenOrder]]) -> list[OpenOrder]:
    return next((page for page in pages if page), [])


async def _running(binding: str) -> dict[str, InstanceStatus]:
    """Return the orders that are under way, a request each hundred."""
    try:
        return {status.instance_id: status async for status in read_all(binding, LIVE)}
    except HostTrouble as trouble:
        log.warning("The orders are asked for one by one, since the list failed: %s", trouble)
        return {}


async def _by_the_page(
    page: list[OpenOrder], binding: str, running: Mapping[str, InstanceStatus]
) -> dict[str, InstanceStatus]:
    """Return how most of these orders stand, for a request each hundred.

    `running` are those that are under way, few among all that were ever placed. Then those that
    began of late are read, among which are those that have just got their invoice. The rest, such
    as an order that waited for days and then ended, is missing here and asked for one by one, and
    so is one that was missed before.
    """
    found = dict(running)
    try:
        rest = [order for order in page if order.order_id not in found]
        young = [order.began for order in rest if utc_now() - order.began < YOUNG]
        if len(young) >= MANY:
            most = 2 + len(young) // 50
            since = min(young) - timedelta(minutes=1)
            async for status in read_all(binding, (), since, most):
                found[status.instance_id] = status
    except HostTrouble as trouble:
        log.warning("The orders are asked for one by one, since the list failed: %s", trouble)
    for order in page:
        if order.missing_since:
            found.pop(order.order_id, None)
    return found


async def _look_at(order: OpenOrder, client: Any) -> InstanceStatus | None:
    """Settle one order; return how it stands, None if that cannot be told."""
    try:
        status = await find_status(client, order.order_id)
        end = _end(status)
        settled = await asyncio.to_thread(_settle, shop(), order, end, task_hub(client))
    except Exception as trouble:  # one order never stops the others
        log.error("Order %s is left for the next sweep: %r", order.order_id, trouble)
        return None
    if settled:
        log.info("Order %s %s: %s", order.order_id, end.value, settled)
    return status


def _end(status: InstanceStatus | None) -> End:
    if status is None:
        return End.UNKNOWN
    if status.runtime_status == "Completed":
        return End.UNDONE if business_end(status.output) else End.INVOICED
    return _ENDS.get(status.runtime_status, End.LIVE)


def _settle(shop: Shop, order: OpenOrder, end: End, task_hub: str) -> str:
    """Do what an order's end asks for; tell what was done."""
    cleanup, order_id = shop.cleanup, order.order_id
    if end is End.UNKNOWN:
        accepted = shop.accepted.find(order_id)
        # An app in another hub on the same storage, such as a deployment slot, has live orders
        # that this host cannot know.
        if accepted is None or not task_hub or accepted.task_hub != task_hub:
            return ""
        if not cleanup.missing(order):
            return ""
        # Purged: what was paid for was sold.
        if shop.payments.is_charged(order_id):
            cleanup.close([order_id])
            return ""
    elif end is not End.BROKEN_OFF:
        cleanup.known(order)
        return ""
    refunded, released = shop.undo(order_id)
    cleanup.close([order_id])
    return f"{refunded} refunded, stock {'released' if released else 'not held'}."
