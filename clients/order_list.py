"""The orders of the shop, page by page, for a support person."""

import base64
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from clients.order_pages import CONTINUATION_TOKEN, read_page
from clients.order_status import describe
from clients.orders import ORCHESTRATOR
from clients.replies import Refused, answer, reply
from durable_sdk import HostTrouble
from ordering.json_input import FieldError
from ordering.model import BUSINESS_ENDS, Stage

PENDING = "Pending"
STAGES = (PENDING, *(stage.value for stage in Stage))
MOST = 100
# How many pages of the host one answer looks through for a stage that few orders are in.
PAGES_LOOKED_THROUGH = 10
# What a client cannot mean as a filter: the key of the function.
_NO_FILTERS = ("code", "clientId")
_ALIVE_OR_FAILED = "Pending Running ContinuedAsNew Suspended Failed Terminated Canceled".split()

log = logging.getLogger(__name__)
bp = df.Blueprint()


@dataclass(frozen=True)
class Place:
    """Where a list goes on: the host's page, and the last order of it that was given."""

    host_token: str | None = None
    after: str | None = None

    def to_text(self) -> str:
        text = json.dumps([self.host_token, self.after])
        return base64.urlsafe_b64encode(text.encode()).decode()


@dataclass(frozen=True)
class Filter:
    """Which orders, how many at most, and from where on."""

    stage: str | None
    top: int
    place: Place


# From the host's own list and not from the table of claims with a `get_status` for each: that
# costs a request for every order ever placed to find the few that wait, and knows neither the
# orders that were purged nor those that a start request of the host's own API began. The host
# answers 100 orders at a time, and those that have no invoice without reading the others.
@bp.function_name(name="ListOrders")
@bp.route(route="orders", methods=["GET"])
@bp.generic_input_binding(arg_name="client", type="durableClient")
async def list_orders(req: func.HttpRequest, client: str) -> func.HttpResponse:
    """Answer orders as `GET /api/orders/{orderId}` does, filtered by `stage`, `top` at a time.

    Answers `{"orders": [...], "continuationToken": str | null}`; the token goes into the query of
    the next request, or into the header x-ms-continuation-token. A page may hold fewer than `top`
    orders, even none, while there is a token: the host cannot filter by stage, and one answer
    looks at 1,000 orders at most.
    """
    return await answer(_list(req, client))


async def _list(req: func.HttpRequest, client: str) -> func.HttpResponse:
    wanted = parse_filter(req.params, req.headers)
    orders: list[dict[str, Any]] = []
    place: Place | None = wanted.place
    try:
        for _ in range(PAGES_LOOKED_THROUGH):
            if place is None or len(orders) == wanted.top:
                break
            more, place = await _some(client, wanted, place, wanted.top - len(orders))
            orders += more
    except HostTrouble as error:
        log.error("The orders cannot be listed: %s", error)
        raise Refused(
            503, "The host did not answer with its orders. Send the request again."
        ) from error
    token = place.to_text() if place else None
    body = {"orders": orders, "continuationToken": token}
    return reply(body, headers={CONTINUATION_TOKEN: token} if token else None)


async def _some(
    client: str, wanted: Filter, place: Place, most: int
) -> tuple[list[dict[str, Any]], Place | None]:
    """Return at most so many orders from one page of the host, and where to go on."""
    page = await read_page(client, _runtime_statuses(wanted.stage), place.host_token)
    ids = [status.instance_id for status in page.statuses]
    # A page that has changed so that its last order is gone is given again: twice, not never.
    start = ids.index(place.after) + 1 if place.after in ids else 0
    orders: list[dict[str, Any]] = []
    for status in page.statuses[start:]:
        if len(orders) == most:
            return orders, Place(place.host_token, orders[-1]["orderId"])
        order = describe(status)
        if status.name == ORCHESTRATOR and wanted.stage in (None, order["stage"]):
            orders.append(order)
    return orders, Place(page.next_token) if page.next_token else None


def _runtime_statuses(stage: str | None) -> list[str]:
    # An order that a decision ended is announced before it is undone, and completes then.
    if stage is None or stage in BUSINESS_ENDS:
        return []
    return ["Completed"] if stage == Stage.INVOICED.value else _ALIVE_OR_FAILED


def parse_filter(params: Mapping[str, str], headers: Mapping[str, str]) -> Filter:
    """Return what a query asks for; raises Refused (400) that names every bad parameter."""
    problems: list[FieldError] = [
        {"field": name, "message": "is not a known filter; known are stage, top, continuationToken"}
        for name in params
        if name not in ("stage", "top", "continuationToken", *_NO_FILTERS)
    ]
    stage = params.get("stage")
    if stage is not None and stage not in STAGES:
        problems.append({"field": "stage", "message": f"must be one of {', '.join(STAGES)}"})
    top = params.get("top", str(MOST))
    if not (top.isascii() and top.isdigit() and len(top) <= 3 and 1 <= int(top) <= MOST):
        problems.append({"field": "top", "message": f"must be a whole number from 1 to {MOST}"})
    token = params.get("continuationToken") or headers.get(CONTINUATION_TOKEN)
    place = _place(token) if token else Place()
    if place is None:
        rule = "must be the token of an answer before, as it came"
        problems.append({"field": "continuationToken", "message": rule})
    if problems or place is None:
        text = "; ".join(f"{problem['field']} {problem['message']}" for problem in problems)
        raise Refused(400, f"The orders cannot be listed: {text}.", problems)
    return Filter(stage, int(top), place)


def _place(token: str) -> Place | None:
    try:
        value = json.loads(base64.urlsafe_b64decode(token.encode("ascii")))
    except (ValueError, RecursionError):
        return None
    if not (isinstance(value, list) and len(value) == 2):
        return None
    if not all(part is None or (isinstance(part, str) and part.isprintable()) for part in value):
        return None
    return Place(*value)
