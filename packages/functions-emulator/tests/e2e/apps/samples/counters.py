"""Counters as durable entities, and who uses them."""

import json

import azure.durable_functions as df
import azure.functions as func

bp = df.Blueprint()


@bp.entity_trigger(context_name="context", entity_name="Counter")
def counter_entity(context: df.DurableEntityContext):
    value = context.get_state(lambda: 0)
    operation = context.operation_name
    if operation == "add":
        value += context.get_input()
    elif operation == "reset":
        value = 0
    elif operation == "delete":
        context.destruct_on_exit()
        return
    elif operation == "add_and_fail":
        context.set_state(value + 100)
        raise ValueError("no luck today")
    elif operation == "spoil":
        value = {1, 2}  # no JSON
    elif operation != "get":
        raise ValueError(f"a counter knows no {operation!r}")
    context.set_state(value)
    context.set_result(value)


@bp.entity_trigger(context_name="context")
def journal(context: df.DurableEntityContext):
    """Keep what it is given, in the order in which it comes."""
    lines = context.get_state(list)
    if context.operation_name == "write":
        lines.append(context.get_input())
        context.set_state(lines)
    context.set_result(len(lines))


@bp.orchestration_trigger(context_name="context")
def count_up(context: df.DurableOrchestrationContext):
    entity = df.EntityId("Counter", context.get_input()["key"])
    context.signal_entity(entity, "add", 3)
    context.signal_entity(entity, "add", 4)
    value = yield context.call_entity(entity, "get")
    return value


@bp.orchestration_trigger(context_name="context")
def count_in_parallel(context: df.DurableOrchestrationContext):
    entity = df.EntityId("counter", context.get_input()["key"])
    calls = [context.call_entity(entity, "add", 1) for _ in range(context.get_input()["times"])]
    values = yield context.task_all(calls)
    yield context.call_activity("note", "between")
    total = yield context.call_entity(entity, "get")
    return {"values": values, "total": total}


@bp.orchestration_trigger(context_name="context")
def write_in_order(context: df.DurableOrchestrationContext):
    given = context.get_input()
    entity = df.EntityId("journal", given["key"])
    for number in range(given["lines"]):
        context.signal_entity(entity, "write", f"{given['name']}-{number}")
    lines = yield context.call_entity(entity, "count")
    return lines


@bp.orchestration_trigger(context_name="context")
def only_signals(context: df.DurableOrchestrationContext):
    context.signal_entity(df.EntityId("Counter", context.get_input()["key"]), "add", 5)
    return "signalled"


@bp.orchestration_trigger(context_name="context")
def signals_each_round(context: df.DurableOrchestrationContext):
    given = context.get_input()
    context.signal_entity(df.EntityId("Counter", given["key"]), "add", 1)
    yield context.call_activity("note", "round")
    if given["rounds"] > 1:
        context.continue_as_new({**given, "rounds": given["rounds"] - 1})
        return None
    return "done"


@bp.orchestration_trigger(context_name="context")
def asks_a_counter(context: df.DurableOrchestrationContext):
    given = context.get_input()
    entity = df.EntityId(given.get("name", "Counter"), given["key"])
    try:
        value = yield context.call_entity(entity, given["operation"], given.get("value"))
        return {"value": value}
    except Exception as error:
        return {"error": str(error)}


@bp.orchestration_trigger(context_name="context")
def signals_a_stranger(context: df.DurableOrchestrationContext):
    context.signal_entity(df.EntityId("nobody", "a"), "add", 1)
    yield context.call_activity("note", "x")


@bp.route(route="counters/{key}/{operation}", methods=["POST"])
@bp.durable_client_input(client_name="client")
async def signal_counter(req: func.HttpRequest, client):
    entity = df.EntityId("Counter", req.route_params["key"])
    value = req.get_json() if req.get_body() else None
    await client.signal_entity(entity, req.route_params["operation"], value)
    return func.HttpResponse(status_code=202)


@bp.route(route="counters/{key}", methods=["GET"])
@bp.durable_client_input(client_name="client")
async def read_counter(req: func.HttpRequest, client):
    found = await client.read_entity_state(df.EntityId("Counter", req.route_params["key"]))
    return json.dumps({"exists": found.entity_exists, "state": found.entity_state})
