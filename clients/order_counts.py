"""How many orders are in each stage, for whoever looks at the shop as a whole."""

import asyncio
import logging
from collections import Counter
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from clients.list_query import STAGES
from clients.order_places import Standing, look_around, read_ended, unanswered
from clients.order_status import describe
from clients.order_statuses import completed
from clients.replies import answer, reply
from durable_sdk import HostTrouble
from ordering.model import Stage
from ordering.stock.ended import LISTED

MOST = 1_000
# Of how many that have ended, and were not listed yet, the host is asked.
MOST_ASKED = 200

log = logging.getLogger(__name__)
bp = df.Blueprint()


# Not `orders/counts`: that is how an order with the id `counts` is read.
@bp.function_name(name="CountOrders")
@bp.route(route="order-counts", methods=["GET"])
@bp.generic_input_binding(arg_name="client", type="durableClient")
async def count_orders(req: func.HttpRequest, client: str) -> func.HttpResponse:
    """Answer `{"counts": {<stage>: n, ...}, "atLeast": [<stage>, ...]}`, with every stage.

    Of each stage 1,000 are counted at most: one keys-only request of the storage for each that
    ends an order. The stages in `atLeast` may have more. Orders whose history was purged, and of
    another task hub on the same storage, are counted with the stage in which they ended.
    """
    return await answer(_count(client))


async def _count(client: str) -> func.HttpResponse:
    try:
        standing = await look_around(client)
        counts, at_least = await _counted(client, standing)
    except HostTrouble as error:
        log.error("The orders cannot be counted: %s", error)
        raise unanswered() from error
    body: dict[str, Any] = {
        "counts": {stage: min(counts[stage], MOST) for stage in STAGES},
        "atLeast": [stage for stage in STAGES if stage in at_least or counts[stage] >= MOST],
    }
    return reply(body)


async def _counted(client: str, standing: Standing) -> tuple[Counter[str], set[str]]:
    """Return the orders by stage, and the stages that may have more."""
    known = standing.live | standing.broken
    counts = Counter(str(describe(status)["stage"]) for status in known.values())
    at_least = set() if standing.are_all else set(STAGES) - set(LISTED)
    if not standing.are_broken_all:
        at_least.add(Stage.FAILED.value)
    pages = await asyncio.gather(*(read_ended(stage, MOST) for stage in LISTED))
    listed = {order_id for page in pages for order_id in page.values()}
    for stage, page in zip(LISTED, pages, strict=True):
        # Those that are known are counted where they are: one that failed as it was undone.
        counts[stage] += sum(order_id not in known for order_id in page.values())
        if len(page) == MOST:
            at_least.add(stage)
    unlisted = [name for name in standing.opened if name not in known and name not in listed]
    ended, _ = await completed.read(client, unlisted[:MOST_ASKED])
    counts.update(str(describe(status)["stage"]) for status in ended.values())
    if len(unlisted) > MOST_ASKED:
        at_least.add(Stage.INVOICED.value)
    return counts, at_least
