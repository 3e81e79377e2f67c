"""SweepOrders: what orders leave behind that ended where no code of theirs could run."""

import asyncio
import logging
from collections.abc import Iterator
from enum import Enum
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from durable_sdk import InstanceStatus, find_status, task_hub
from ordering.cleanup import Unsettled
from ordering.model import business_end
from ordering.settings import sweep_schedule
from ordering.shop import Shop, shop

AT_ONCE = 8

log = logging.getLogger(__name__)
bp = df.Blueprint()


class End(Enum):
    """How an order stands, as far as its stock and money go."""

    LIVE = "is under way"
    INVOICED = "has its invoice"
    WITHOUT_INVOICE = "has ended without an invoice"
    UNKNOWN = "is not known to the host"


# Terminate runs no code of the orchestrator (durable-functions-instance-management), nor does a
# purge. Completed is an invoice, unless the output tells of a decision.
_ENDS = {
    "Completed": End.INVOICED,
    "Failed": End.WITHOUT_INVOICE,
    "Terminated": End.WITHOUT_INVOICE,
    "Canceled": End.WITHOUT_INVOICE,
}


@bp.function_name(name="SweepOrders")
@bp.timer_trigger(arg_name="timer", schedule=sweep_schedule())
@bp.durable_client_input(client_name="client")
async def sweep_orders(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    """Release the stock and refund the money of orders that ended without an invoice.

    Looks at every order that holds stock or waits for it and whose end was not seen yet. One
    that cannot be settled now is logged, stops no other and is looked at again by the next run.
    All it does is idempotent: it may run at any time, and on several instances at once.
    """
    pages = await asyncio.to_thread(lambda: shop().settlement.unsettled())
    while page := await asyncio.to_thread(_next, pages):
        for first in range(0, len(page), AT_ONCE):
            some = page[first : first + AT_ONCE]
            await asyncio.gather(*(_look_at(order, client) for order in some))


def _next(pages: Iterator[list[Unsettled]]) -> list[Unsettled]:
    return next((page for page in pages if page), [])


async def _look_at(order: Unsettled, client: Any) -> None:
    try:
        end = _end(await find_status(client, order.order_id))
        settled = await asyncio.to_thread(_settle, shop(), order, end, task_hub(client))
    except Exception as trouble:  # one order never stops the others
        log.error("Order %s is left for the next sweep: %r", order.order_id, trouble)
    else:
        if settled:
            log.info("Order %s %s: %s", order.order_id, end.value, settled)


def _end(status: InstanceStatus | None) -> End:
    if status is None:
        return End.UNKNOWN
    if business_end(status.output):
        return End.WITHOUT_INVOICE
    return _ENDS.get(status.runtime_status, End.LIVE)


def _settle(shop: Shop, order: Unsettled, end: End, task_hub: str) -> str:
    """Do what an order's end asks for; tell what was done."""
    settlement, order_id = shop.settlement, order.order_id
    if end is End.UNKNOWN:
        claim = shop.claims.find(order_id)
        # An app in another hub on the same storage, such as a deployment slot, has live orders
        # that this host cannot know.
        if claim is None or not task_hub or claim.task_hub != task_hub:
            return ""
        if not settlement.missing(order):
            return ""
        # Purged: what was paid for was sold.
        if settlement.was_charged(order_id):
            settlement.close(order_id)
            return ""
    elif end is not End.WITHOUT_INVOICE:
        settlement.known(order)
        if end is End.INVOICED:
            settlement.close(order_id)
        return ""
    refunded, released = settlement.undo(order_id)
    return f"{refunded} refunded, stock {'released' if released else 'not held'}."
