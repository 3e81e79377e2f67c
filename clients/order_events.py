"""Events for an order over HTTP, with their names and their data checked."""

import logging
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from clients.order_status import ENDED
from clients.orders import NO_ORDER, status_of
from clients.replies import Refused, answer, read_json, reply
from durable_sdk import Failure, classify, raise_event
from ordering.json_input import FieldError
from ordering.model import is_order_id
from ordering.notifications import EVENT_NAMES, canonical_event_name, reserved_name

# As much as a message on the queue can carry.
LARGEST_EVENT = 48 * 1024

log = logging.getLogger(__name__)
bp = df.Blueprint()


@bp.function_name(name="RaiseOrderEvent")
@bp.route(route="orders/{orderId}/events/{eventName}", methods=["POST"])
@bp.durable_client_input(client_name="client")
async def raise_order_event(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Send `Proceed` or `Cancel` to an order: 202, 404 if there is none, 409 if it has ended.

    The name may be in any case. The body, if there is one, is the event's data in JSON. What the
    order makes of it shows in its stage: an event is a wake-up, and stock decides.
    """
    params = req.route_params
    return await answer(_raise(req, params.get("orderId", ""), params.get("eventName", ""), client))


async def _raise(
    req: func.HttpRequest, order_id: str, written: str, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    name = canonical_event_name(written)
    if name is None:
        rule = f"must be one of {', '.join(EVENT_NAMES)}"
        raise Refused(
            400, f"There is no such event: it {rule}.", [{"field": "eventName", "message": rule}]
        )
    data = _data(req)
    if not is_order_id(order_id):
        raise Refused(404, NO_ORDER)
    # Client 2.x may accept an event for an order that has ended, and say nothing.
    status = await status_of(client, order_id)
    if status is None:
        raise Refused(404, NO_ORDER)
    if status.runtime_status in ENDED:
        raise _finished(order_id)
    try:
        await raise_event(client, order_id, name, data)
    except Exception as error:
        failure = classify(error)
        if failure is Failure.FINISHED:
            raise _finished(order_id) from error
        if failure is Failure.UNKNOWN:
            raise Refused(404, NO_ORDER) from error
        log.error("%s for order %s: %s: %r", name, order_id, failure.value, error)
        text = f"The host did not accept {name} for order {order_id}. Send the request again."
        raise Refused(503, text) from error
    log.info("%s delivered to order %s", name, order_id)
    return reply({"orderId": order_id, "event": name}, 202)


def _data(req: func.HttpRequest) -> Any:
    if not req.get_body().strip():
        return None
    data = read_json(req, LARGEST_EVENT)
    if path := reserved_name(data):
        rule = "begins with two underscores, as no name in an event's data may"
        problem: FieldError = {"field": path, "message": rule}
        raise Refused(400, f"The data is not valid: {path} {rule}.", [problem])
    return data


def _finished(order_id: str) -> Refused:
    return Refused(409, f"Order {order_id} has already ended; no event reaches it.")
