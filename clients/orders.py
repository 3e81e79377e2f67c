"""Orders over HTTP: placing one, and asking how it stands."""

import asyncio
import logging
import uuid
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from clients.order_status import add_shortages, describe, describe_purged
from clients.replies import Refused, answer, read_json, reply
from durable_sdk import HostTrouble, InstanceStatus, find_status, start, task_hub
from ordering import settings
from ordering.accepted_orders import AcceptedOrder
from ordering.json_input import FieldError
from ordering.log_text import pieces
from ordering.model import OrderRequest, Stage, is_order_id, parse_order
from ordering.shop import Shop, shop

ORCHESTRATOR = "PlaceOrder"
NO_ORDER = "There is no such order."

log = logging.getLogger(__name__)
bp = df.Blueprint()


@bp.function_name(name="StartOrder")
@bp.route(route="orders", methods=["POST"])
@bp.durable_client_input(client_name="client")
async def start_order(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Place an order: 202 with the links to watch it by.

    The same order again under its id answers the same and starts nothing; another order under
    that id is 409.
    """
    return await answer(_start(req, client))


@bp.function_name(name="GetOrder")
@bp.route(route="orders/{orderId}", methods=["GET"])
@bp.durable_client_input(client_name="client")
async def get_order(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Answer how an order stands, or 404.

    Costs no storage request besides the host's own, unless the order waits: then it says what is
    short, SKU by SKU. An order that was invoiced is answered from its payment once its
    orchestration was purged.
    """
    return await answer(_get(req.route_params.get("orderId", ""), client))


async def _start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    order = parse_order(read_json(req))
    order_id = order.order_id or uuid.uuid4().hex
    await place(client, order.with_id(order_id))
    response: func.HttpResponse = client.create_check_status_response(req, order_id)
    return response


async def place(client: df.DurableOrchestrationClient, order: OrderRequest) -> None:
    """Place an order that has an id; a repeat starts nothing twice.

    Raises Refused: 400 for a SKU that is not sold, 409 for an id that another order has, 503 for
    trouble of the host. Raises StorageUnavailable.
    """
    order_id, hub = str(order.order_id), task_hub(client)
    accepted = await asyncio.to_thread(lambda: _accept(shop(), order, hub))
    # Accepted, and no orchestration: a start that broke off half-way goes on here, unless the
    # order has ended and its orchestration was purged.
    if accepted.is_new or not await _exists(client, order_id):
        ended = not accepted.is_new and await asyncio.to_thread(lambda: shop().has_ended(order_id))
        if not ended:
            await _begin(client, accepted.order or order)
        # A duplicate of this request may have started it, and it may have ended, since we looked.
        elif not await _exists(client, order_id):
            raise Refused(409, f"The id {order_id} is spent: its order has ended. Use another id.")


def _accept(shop: Shop, order: OrderRequest, task_hub: str) -> AcceptedOrder:
    accepted: AcceptedOrder | None = None
    problems = _catalogue_problems(shop, order)
    if problems:
        # The catalogue may have changed since this very order was accepted.
        accepted = shop.accepted.find(str(order.order_id))
        if accepted is None:
            text = "; ".join(f"{problem['field']} {problem['message']}" for problem in problems)
            raise Refused(400, f"The order cannot be placed: {text}.", problems)
    accepted = accepted or shop.accepted.accept(order, task_hub)
    if accepted.is_archived:
        raise Refused(409, f"The id {order.order_id} is spent: its order has ended. Use another.")
    if not accepted.is_for(order):
        raise Refused(409, f"The id {order.order_id} belongs to another order. Use another id.")
    return accepted


def _catalogue_problems(shop: Shop, order: OrderRequest) -> list[FieldError]:
    currencies = shop.catalogue.currencies(item.sku for item in order.items)
    problems: list[FieldError] = [
        {"field": f"items[{number}].sku", "message": "is not in the catalogue"}
        for number, item in enumerate(order.items)
        if item.sku not in currencies
    ]
    if len(set(currencies.values())) > 1:
        found = ", ".join(sorted(set(currencies.values())))
        message = f"must be priced in one currency, not in {found}; place one order for each"
        problems.append({"field": "items", "message": message})
    return problems


async def _exists(client: df.DurableOrchestrationClient, order_id: str) -> bool:
    return await status_of(client, order_id) is not None


async def status_of(client: df.DurableOrchestrationClient, order_id: str) -> InstanceStatus | None:
    """Return how an order's orchestration stands, or None; raises Refused (503)."""
    try:
        return await find_status(client, order_id)
    except HostTrouble as error:
        raise host_trouble(order_id, error) from error


async def _begin(client: df.DurableOrchestrationClient, order: OrderRequest) -> None:
    order_id = str(order.order_id)
    data: dict[str, Any] = {
        **order.to_json(),
        "waitSeconds": settings.order_wait_seconds(),
        "recheckSeconds": settings.order_recheck_seconds(),
    }
    # Before it starts, so that the lines of an order are in their order.
    needs = {item.sku: item.quantity for item in order.items}
    log.info("Order %s placed: %s", order_id, pieces(needs))
    try:
        await start(client, ORCHESTRATOR, order_id, data)
    except Exception as error:
        # A duplicate of this request may have been faster: hosts refuse a second start of a live
        # id, with answers that differ by version (durable-python#410).
        if not await _exists(client, order_id):
            raise host_trouble(order_id, error) from error


def host_trouble(order_id: str, error: Exception) -> Refused:
    """Log that the host did not answer for an order; return the 503 that says so."""
    log.error("Order %s: the host did not answer as it should: %r", order_id, error)
    return Refused(503, f"The host did not answer for order {order_id}. Send the request again.")


async def _get(order_id: str, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    if not is_order_id(order_id):
        raise Refused(404, NO_ORDER)
    status = await status_of(client, order_id)
    if status is None:
        return reply(await asyncio.to_thread(_purged, order_id))
    order = describe(status)
    if order["stage"] == Stage.AWAITING_PROCEED.value:
        await asyncio.to_thread(add_shortages, [order], [status])
    return reply(order)


def _purged(order_id: str) -> dict[str, Any]:
    invoice = shop().payments.invoice_of(order_id)
    if invoice is None:
        raise Refused(404, NO_ORDER)
    return describe_purged(order_id, invoice)
