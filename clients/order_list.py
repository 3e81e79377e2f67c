"""The orders of the shop, page by page, for a support person."""

import asyncio
import logging
from dataclasses import replace

import azure.durable_functions as df
import azure.functions as func

from clients.list_query import PENDING, STAGES, Filter, Place, bad_token, parse_filter
from clients.order_pages import CONTINUATION_TOKEN, read_each, read_page
from clients.order_status import LIVE, add_shortages, describe
from clients.orders import ORCHESTRATOR
from clients.replies import Refused, answer, reply
from durable_sdk import HostTrouble, InstanceStatus
from ordering.model import Stage
from ordering.shop import shop

__all__ = ["PENDING", "STAGES", "bp", "list_orders", "parse_filter"]

# How many pages of the host one answer looks through for a stage that few orders are in.
PAGES_LOOKED_THROUGH = 10
_RUNTIME_STATUSES = {
    Stage.INVOICED.value: ("Completed",),
    # Live ones too: an order that failed is announced before it is undone.
    Stage.FAILED.value: (*LIVE, "Failed", "Terminated", "Canceled"),
}

log = logging.getLogger(__name__)
bp = df.Blueprint()

Found = tuple[list[InstanceStatus], Place | None]


# From the host's own list and not from the table of accepted orders with a `get_status` for each:
# that costs a request for every order ever placed to find the few that wait, and knows neither the
# orders that were purged nor those that a start request of the host's own API began. The host
# answers 100 orders at a time, and those that live or failed without reading the others. It cannot
# tell an order that was cancelled from one that was invoiced: of these the shop keeps a list.
@bp.function_name(name="ListOrders")
@bp.route(route="orders", methods=["GET"])
@bp.generic_input_binding(arg_name="client", type="durableClient")
async def list_orders(req: func.HttpRequest, client: str) -> func.HttpResponse:
    """Answer orders as `GET /api/orders/{orderId}` does, filtered by `stage`, `top` at a time.

    Answers `{"orders": [...], "continuationToken": str | null}`; the token goes into the query of
    the next request, or into the header x-ms-continuation-token. A page may hold fewer than `top`
    orders, even none, while there is a token: the host cannot filter by stage, and one answer
    looks at 1,000 orders at most.

    The stages Cancelled, Expired, PaymentDeclined and Rejected come newest first, and hold the
    orders that have released their stock and were not purged. All others come as the host lists
    them, by id on Azure Storage: to sort them one would have to read them all.
    """
    return await answer(_list(req, client))


async def _list(req: func.HttpRequest, client: str) -> func.HttpResponse:
    wanted = parse_filter(req.params, req.headers)
    statuses: list[InstanceStatus] = []
    place: Place | None = wanted.place
    look = _ended if wanted.is_decision else _some
    try:
        for _ in range(PAGES_LOOKED_THROUGH):
            if place is None or len(statuses) == wanted.top:
                break
            more, place = await look(client, wanted, place, wanted.top - len(statuses))
            statuses += more
    except HostTrouble as error:
        await _blame_token(client, wanted)
        log.error("The orders cannot be listed: %s", error)
        raise Refused(
            503, "The host did not answer with its orders. Send the request again."
        ) from error
    orders = [describe(status) for status in statuses]
    if any(order["stage"] == Stage.AWAITING_PROCEED.value for order in orders):
        await asyncio.to_thread(add_shortages, orders, statuses)
    token = place.to_text(wanted.stage) if place else None
    body = {"orders": orders, "continuationToken": token}
    return reply(body, headers={CONTINUATION_TOKEN: token} if token else None)


async def _some(client: str, wanted: Filter, place: Place, most: int) -> Found:
    """Return at most so many orders from one page of the host, and where to go on."""
    with_input = wanted.stage in (None, Stage.AWAITING_PROCEED.value)
    statuses = _RUNTIME_STATUSES.get(wanted.stage, LIVE) if wanted.stage else ()
    page = await read_page(client, statuses, place.host_token, with_input=with_input)
    ids = [status.instance_id for status in page.statuses]
    # A page that has changed so that its last order is gone is given again: twice, not never.
    start = ids.index(place.after) + 1 if place.after in ids else 0
    found: list[InstanceStatus] = []
    for status in page.statuses[start:]:
        if len(found) == most:
            return found, Place(place.host_token, found[-1].instance_id)
        if _is_wanted(status, wanted):
            found.append(status)
    return found, Place(page.next_token) if page.next_token else None


async def _ended(client: str, wanted: Filter, place: Place, most: int) -> Found:
    """Return at most so many orders that a decision ended, and where to go on."""
    stage, after = str(wanted.stage), place.after or ""
    ids, further = await asyncio.to_thread(lambda: shop().ended.page(stage, most, after))
    statuses = await read_each(client, ids)
    found = [status for status in statuses if _is_wanted(status, wanted)]
    return found, Place(after=further) if further else None


def _is_wanted(status: InstanceStatus, wanted: Filter) -> bool:
    if status.name != ORCHESTRATOR:
        return False
    return wanted.stage is None or describe(status)["stage"] == wanted.stage


async def _blame_token(client: str, wanted: Filter) -> None:
    """Raise Refused (400) if the host answers without the token that a client gave.

    Hosts refuse a forged one in ways of their own, and some as if it were their fault.
    """
    if wanted.place.host_token is None:
        return
    try:
        await _some(client, replace(wanted, place=Place()), Place(), 1)
    except HostTrouble:
        return
    raise bad_token()
