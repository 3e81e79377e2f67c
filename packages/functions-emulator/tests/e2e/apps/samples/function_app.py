"""Small durable apps, written the way the public samples are."""

import json

import azure.durable_functions as df
import azure.functions as func
from bank import bp as bank
from chaining import bp as chaining
from counters import bp as counters
from endurance import bp as endurance
from eternal import bp as eternal
from fan_out import bp as fan_out
from http_calls import bp as http_calls
from human_interaction import bp as human_interaction
from nested import bp as nested
from odd_ones import bp as odd_ones
from traps import bp as traps

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
for blueprint in (
    chaining,
    endurance,
    fan_out,
    human_interaction,
    nested,
    eternal,
    traps,
    odd_ones,
    counters,
    bank,
    http_calls,
):
    app.register_functions(blueprint)


@app.route(route="orchestrators/{functionName}")
@app.durable_client_input(client_name="client")
async def http_start(req: func.HttpRequest, client):
    function_name = req.route_params.get("functionName")
    data = req.get_json() if req.get_body() else None
    instance_id = await client.start_new(function_name, client_input=data)
    return client.create_check_status_response(req, instance_id)


@app.route(route="client/{functionName}/{id}")
@app.durable_client_input(client_name="client")
async def use_the_client(req: func.HttpRequest, client):
    """Put the client of the SDK through its paces."""
    instance_id = req.route_params["id"]
    await client.start_new(req.route_params["functionName"], instance_id, {"n": 1})
    status = await client.get_status(instance_id)
    while status.runtime_status.name != "Running":
        status = await client.get_status(instance_id)
    try:
        await client.start_new("echo", instance_id)
        conflict = False
    except Exception as error:
        conflict = "already exists" in str(error)
    try:
        await client.raise_event("nobody", "One", 1)
    except Exception as error:
        unknown = str(error)
    await client.suspend(instance_id, "a reason")
    while (await client.get_status(instance_id)).runtime_status.name != "Suspended":
        pass
    await client.resume(instance_id, "a reason")
    await client.raise_event(instance_id, "One", 1)
    # The client reads one page, and there may be many instances.
    since = await client.get_status_by(created_time_from=status.created_time)
    listed = instance_id in [each.instance_id for each in since] and len(
        await client.get_status_all()
    )
    await client.terminate(instance_id, "a reason")
    while (await client.get_status(instance_id)).runtime_status.name != "Terminated":
        pass
    try:
        await client.raise_event(instance_id, "Two", 2)
    except Exception as error:
        gone = str(error).removeprefix(f"Instance with ID {instance_id} ")
    purged = await client.purge_instance_history(instance_id)
    answer = {
        "status": status.runtime_status.name,
        "unknown": unknown,
        "gone": gone,
        "listed": bool(listed),
        "purged": purged.instances_deleted,
        "conflict": conflict,
    }
    return func.HttpResponse(json.dumps(answer), mimetype="application/json")
