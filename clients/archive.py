"""ArchiveOrders: what is kept of orders that ended long ago."""

import asyncio
import logging
from itertools import islice

import azure.durable_functions as df
import azure.functions as func

from durable_sdk import HostTrouble, purge
from ordering.clock import utc_now
from ordering.settings import archive_schedule
from ordering.shop import shop

AT_ONCE = 8
# Of 100 orders each, ended or not, in one run. The next run goes on where it stopped.
PAGES = 200

log = logging.getLogger(__name__)
bp = df.Blueprint()


@bp.function_name(name="ArchiveOrders")
@bp.timer_trigger(arg_name="timer", schedule=archive_schedule())
@bp.durable_client_input(client_name="client")
async def archive_orders(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    """Take orders that ended ORDER_RETENTION_DAYS ago out of the warehouse and the history.

    Their payments stay, and so their invoices; their ids stay spent. Idempotent.
    """
    cleanup, limit = shop().cleanup, utc_now() - shop().retention
    pages = islice(cleanup.ended_before(limit), PAGES)
    archived = 0
    while (page := await asyncio.to_thread(next, pages, None)) is not None:
        for first in range(0, len(page), AT_ONCE):
            some = page[first : first + AT_ONCE]
            purged = await asyncio.gather(*(_purge(client, order.order_id) for order in some))
            done = [order for order, gone in zip(some, purged, strict=True) if gone]
            ids, listed = (
                [order.order_id for order in done],
                [key for o in done for key in o.listed],
            )
            await asyncio.to_thread(cleanup.archive, ids, listed)
            archived += len(done)
    forgotten = await asyncio.to_thread(cleanup.forget_restocks, limit)
    if archived or forgotten:
        log.info("%d ended orders archived, %d restocks forgotten", archived, forgotten)


async def _purge(client: df.DurableOrchestrationClient, order_id: str) -> bool:
    """Delete an order's history; tell whether that was done."""
    try:
        await purge(client, order_id)
    except HostTrouble as trouble:
        log.warning("Order %s is left for the next run: %s", order_id, trouble)
        return False
    return True
