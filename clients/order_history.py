"""The steps of an order over HTTP, as a page draws them."""

import azure.durable_functions as df
import azure.functions as func

from clients.order_steps import cut, steps_of
from clients.orders import NO_ORDER, host_trouble
from clients.replies import Refused, answer, reply
from durable_sdk import HostTrouble, find_history
from ordering.model import is_order_id

bp = df.Blueprint()


@bp.function_name(name="GetOrderHistory")
@bp.route(route="orders/{orderId}/history", methods=["GET"])
@bp.durable_client_input(client_name="client")
async def get_order_history(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Answer the steps of an order, oldest first, or 404.

    A list of `{"type", "time", ...}`. Types: `placed`, `check`, `wait`, `event`, `timer`, `retry`
    (the pause before a try), `payment`, `release`, `refund`, `terminated`, `suspended`, `resumed`
    and `end`. At most 300 of them and 64 KB, the newest; then the first one is `cut` and says in
    `left` how many there were before.
    """
    return await answer(_history(req.route_params.get("orderId", ""), client))


async def _history(order_id: str, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    if not is_order_id(order_id):
        raise Refused(404, NO_ORDER)
    try:
        found = await find_history(client, order_id)
    except HostTrouble as error:
        raise host_trouble(order_id, error) from error
    if found is None:
        raise Refused(404, NO_ORDER)
    return reply(cut(steps_of(*found)))
