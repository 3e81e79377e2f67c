"""An entity that is signalled by messages on a queue."""

import json

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.entity_trigger(context_name="context")
def shelf(context: df.DurableEntityContext):
    context.set_state(context.get_state(lambda: 0) + context.get_input())


@app.queue_trigger(arg_name="msg", queue_name="deliveries", connection="AzureWebJobsStorage")
@app.durable_client_input(client_name="client")
async def deliver(msg: func.QueueMessage, client):
    delivery = json.loads(msg.get_body())
    await client.signal_entity(df.EntityId("shelf", delivery["sku"]), "add", delivery["quantity"])
