"""A small shop: an order is reserved, waits for its payment for a week, and is shipped."""

import json
from datetime import timedelta

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="orders", methods=["POST"])
@app.durable_client_input(client_name="client")
async def place_order(req: func.HttpRequest, client: df.DurableOrchestrationClient):
    """Start an order."""
    order_id = await client.start_new("Order", client_input=req.get_json())
    return client.create_check_status_response(req, order_id)


@app.queue_trigger(arg_name="message", queue_name="payments", connection="AzureWebJobsStorage")
@app.durable_client_input(client_name="client")
async def payment_received(message: func.QueueMessage, client: df.DurableOrchestrationClient):
    """Tell an order that it is paid."""
    payment = message.get_json()
    await client.raise_event(payment["orderId"], "Paid", payment)


@app.function_name("Order")
@app.orchestration_trigger(context_name="context")
def order(context: df.DurableOrchestrationContext):
    """Reserve the items, wait for the money, ship."""
    items = context.get_input()["items"]
    if not (yield context.call_activity("Reserve", items)):
        return {"stage": "OutOfStock"}
    context.set_custom_status({"stage": "AwaitingPayment"})
    paid = context.wait_for_external_event("Paid")
    expiry = context.create_timer(context.current_utc_datetime + timedelta(days=5))
    winner = yield context.task_any([paid, expiry])
    if winner == expiry:
        return {"stage": "Expired"}
    expiry.cancel()
    tracking = yield context.call_activity("Ship", items)
    return {"stage": "Shipped", "tracking": tracking}


@app.function_name("Reserve")
@app.activity_trigger(input_name="items")
def reserve(items: list) -> bool:
    """Tell whether the warehouse has the items; a real one would be asked here."""
    return all(item != "unicorn" for item in items)


@app.function_name("Ship")
@app.activity_trigger(input_name="items")
@app.queue_output(arg_name="shipped", queue_name="shipped", connection="AzureWebJobsStorage")
def ship(items: list, shipped: func.Out[str]) -> str:
    """Hand the items to the carrier."""
    shipped.set(json.dumps({"items": items}))
    return "1Z-42"
