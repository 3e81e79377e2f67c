"""The orders of the shop, page by page, for a support person."""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sized

import azure.durable_functions as df
import azure.functions as func

from clients.list_query import PENDING, STAGES, Filter, Place, parse_filter
from clients.order_pages import CONTINUATION_TOKEN
from clients.order_places import (
    Standing,
    look_around,
    needs_looking_around,
    read_ended,
    unanswered,
)
from clients.order_status import add_shortages, describe
from clients.order_statuses import completed
from clients.orders import ORCHESTRATOR
from clients.replies import answer, reply
from durable_sdk import HostTrouble, InstanceStatus
from ordering.model import Stage

__all__ = ["PENDING", "STAGES", "bp", "list_orders", "parse_filter"]

# Of how many orders one answer asks the host, if few of them are in the wanted stage.
MOST_ASKED = 200
# How many are read at once, of the index and of the host.
_AT_LEAST = 25
_AT_ONCE = 8
_NOBODY = Standing({}, True, {}, True, {})

log = logging.getLogger(__name__)
bp = df.Blueprint()


@bp.function_name(name="ListOrders")
@bp.route(route="orders", methods=["GET"])
@bp.generic_input_binding(arg_name="client", type="durableClient")
async def list_orders(req: func.HttpRequest, client: str) -> func.HttpResponse:
    """Answer orders as `GET /api/orders/{orderId}` does, filtered by `stage`, `top` at a time.

    Answers `{"orders": [...], "continuationToken": str | null}`; the token goes into the query of
    the next request, or into the header x-ms-continuation-token. A page may hold fewer than `top`
    orders, even none, while there is a token: one answer asks the host for 200 ended ones at most.

    The newest come first, over all pages: those that were not checked yet, then all others by
    their first check. An order that stands there all the time is on one of the pages, whatever
    becomes of it meanwhile, and may be on two. Not on any: orders whose history was purged, and
    those that another task hub on the same storage has; of more than 1,000 orders under way those
    that were never checked may be left out until they are, and of more than 1,000 that broke off
    the rest.
    """
    return await answer(_list(req, client))


async def _list(req: func.HttpRequest, client: str) -> func.HttpResponse:
    wanted = parse_filter(req.params, req.headers)
    try:
        statuses, place = await _find(client, wanted)
    except HostTrouble as error:
        log.error("The orders cannot be listed: %s", error)
        raise unanswered() from error
    orders = [describe(status) for status in statuses]
    if any(order["stage"] == Stage.AWAITING_PROCEED.value for order in orders):
        await asyncio.to_thread(add_shortages, orders, statuses)
    token = place.to_text(wanted.stage) if place else None
    body = {"orders": orders, "continuationToken": token}
    return reply(body, headers={CONTINUATION_TOKEN: token} if token else None)


async def _find(client: str, wanted: Filter) -> tuple[list[InstanceStatus], Place | None]:
    """Return the orders of a page, and the place behind which the next one begins."""
    stage, after, asked = wanted.stage, wanted.after, 0
    with_input = stage in (None, Stage.AWAITING_PROCEED.value)
    standing = _NOBODY
    if needs_looking_around(stage):
        standing = await look_around(client, with_input=with_input)
    places, known = standing.places(stage), standing.live | standing.broken
    found: dict[str, InstanceStatus] = {}
    while True:
        # The ended ones last: one that ends meanwhile was under way, or is among them.
        ahead, is_end = await _ahead(places, stage, after, max(wanted.top, _AT_LEAST) + 1)
        rest = deque(ahead)
        while rest:
            some = [rest.popleft() for _ in range(min(len(rest), _some(wanted, found)))]
            unknown = [order_id for _, order_id in some if order_id not in known]
            read, more = await completed.read(client, unknown, with_input=with_input)
            asked += more
            for place, order_id in some:
                after = place
                if order_id in standing.broken and place not in places:
                    # It was undone by a decision, and failed then: it is listed as failed.
                    continue
                status = known.get(order_id) or read.get(order_id)
                if status is not None and _is_wanted(status, stage):
                    found[order_id] = status
                if len(found) == wanted.top:
                    break
            is_last = is_end and after == ahead[-1][0]
            if len(found) == wanted.top or (asked >= MOST_ASKED and not is_last):
                return list(found.values()), None if is_last else after
        if is_end:
            return list(found.values()), None


def _some(wanted: Filter, found: Sized) -> int:
    return max(wanted.top - len(found), _AT_ONCE)


async def _ahead(
    places: Mapping[Place, str], stage: str | None, after: Place | None, most: int
) -> tuple[list[tuple[Place, str]], bool]:
    """Return the next orders that may be in a stage, and whether none comes behind them."""
    ended = await read_ended(stage, most, after)
    # Behind the last of a full answer, another one that ended may be the next.
    last = max(ended) if len(ended) == most else None
    return sorted(
        (place, order_id)
        for place, order_id in {**places, **ended}.items()
        if (after is None or place > after) and (last is None or place <= last)
    ), last is None


def _is_wanted(status: InstanceStatus, stage: str | None) -> bool:
    if status.name != ORCHESTRATOR:
        return False
    return stage is None or describe(status)["stage"] == stage
