"""What apps do with azure-functions-durable 2, one orchestrator for each."""

import json
from datetime import timedelta

import azure.durable_functions as df
import azure.functions as func
import grpc
from durabletask.entities import DurableEntity, EntityInstanceId

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
tries: dict[str, int] = {}


@app.activity_trigger(input_name="data")
def echo(data):
    return data


@app.activity_trigger(input_name="data")
def counted(data):
    """Fail as often as asked, counted over all calls for one key."""
    tries[data["key"]] = tries.get(data["key"], 0) + 1
    if tries[data["key"]] <= data["failures"]:
        raise ValueError(f"no luck at attempt {tries[data['key']]}")
    return tries[data["key"]]


@app.activity_trigger(input_name="data")
def size(data):
    return len(data)


@app.orchestration_trigger(context_name="context")
def chain(context):
    first = yield context.call_activity("echo", {"a": 1})
    second = yield context.call_activity("echo")
    many = yield context.task_all([context.call_activity("echo", n) for n in range(3)])
    return [first, second, many]


@app.orchestration_trigger(context_name="context")
def echo_input(context):
    return context.get_input()


@app.orchestration_trigger(context_name="context")
def asks(context):
    """Wait for Go an hour at a time, three times at most."""
    for attempt in range(1, 4):
        context.set_custom_status({"attempt": attempt})
        timer = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
        go = context.wait_for_external_event("Go")
        winner = yield context.task_any([go, timer])
        if winner is go:
            timer.cancel()
            return go.result
        go.cancel()
    return "nobody came"


@app.orchestration_trigger(context_name="context")
def tries_again(context, failures):
    policy = df.RetryPolicy(
        first_retry_interval=timedelta(minutes=1), max_number_of_attempts=4, backoff_coefficient=3
    )
    data = {"key": context.instance_id, "failures": failures}
    return (yield context.call_activity("counted", input=data, retry_policy=policy))


@app.orchestration_trigger(context_name="context")
def fails(context):
    yield context.call_activity("counted", {"key": context.instance_id, "failures": 1})


@app.orchestration_trigger(context_name="context")
def fails_below(context):
    yield context.call_sub_orchestrator("fails", instance_id=f"{context.instance_id}-below")


@app.orchestration_trigger(context_name="context")
def raises(context):
    yield context.call_activity("echo", 1)
    raise KeyError("what a customer typed")


@app.orchestration_trigger(context_name="context")
def calls_a_stranger(context):
    name = context.get_input()
    if name.startswith("@"):
        return (yield context.call_entity(EntityInstanceId(name[1:], "k"), "get"))
    return (yield context.call_activity(name))


@app.orchestration_trigger(context_name="context")
def renews(context, seen):
    """Collect three events, one an execution."""
    event = yield context.wait_for_external_event("Next")
    seen = [*(seen or []), event]
    if len(seen) < 3:
        context.continue_as_new(seen, save_events=True)
        return None
    return seen


@app.orchestration_trigger(context_name="context")
def leaves_work_behind(context):
    context.call_sub_orchestrator("echo_input", "sent", instance_id=f"{context.instance_id}-child")
    context.signal_entity(EntityInstanceId("account", context.instance_id), "put", 5)
    context.create_timer(context.current_utc_datetime + timedelta(days=30))
    return "done"
    yield


@app.orchestration_trigger(context_name="context")
def transfers(context, _):
    """Move money under a lock, with a pause in which somebody else might look."""
    accounts = [EntityInstanceId("account", f"{context.instance_id}-{key}") for key in "ab"]
    yield context.call_entity(accounts[0], "put", 10)
    with (yield context.lock_entities(accounts)):
        yield context.wait_for_external_event("Go")
        yield context.call_entity(accounts[0], "put", -4)
        yield context.call_entity(accounts[1], "put", 4)
    first = yield context.call_entity(accounts[0], "get")
    second = yield context.call_entity(accounts[1], "get")
    return [first, second]


@app.orchestration_trigger(context_name="context")
def fetches(context):
    answer = yield context.call_http("GET", context.get_input())
    return [answer.status_code, answer.content]


@app.orchestration_trigger(context_name="context")
def versioned(context):
    return context.version
    yield


@app.orchestration_trigger(context_name="context")
def versions(context, _):
    silent = yield context.call_sub_orchestrator("versioned")
    told = yield context.call_sub_orchestrator("versioned", version="8")
    return [context.version, silent, told]


@app.entity_trigger(context_name="context")
class Account(DurableEntity):
    def put(self, amount=None):
        if amount == 666:
            self.set_state(self.get_state(int, 0) + 1)
            raise ValueError("not with this amount")
        self.set_state(self.get_state(int, 0) + amount)
        return self.get_state(int)

    def get(self, _=None):
        return self.get_state(int, 0)

    def close(self, _=None):
        self.set_state(None)


@app.route(route="start/{name}/{id}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client):
    name, instance_id = req.route_params["name"], req.route_params["id"]
    data = json.loads(req.get_body() or b"null")
    await client.schedule_new_orchestration(name, input=data, instance_id=instance_id)
    return client.create_check_status_response(req, instance_id)


@app.route(route="big/{bytes}", methods=["GET"])
@app.durable_client_input(client_name="client")
async def big(req: func.HttpRequest, client):
    """Have the client send so many bytes."""
    try:
        instance_id = await client.schedule_new_orchestration(
            "echo_input", input="x" * int(req.route_params["bytes"])
        )
        state = await client.wait_for_orchestration_completion(instance_id, timeout=30)
        return func.HttpResponse(str(len(json.loads(state.serialized_output))))
    except Exception as error:
        return func.HttpResponse(f"{type(error).__name__}: {error}", status_code=413)


@app.route(route="binding", methods=["GET"])
@app.generic_input_binding(arg_name="binding", type="durableClient", durableRequiresGrpc=True)
def binding(req: func.HttpRequest, binding: str):
    return func.HttpResponse(binding)


@app.route(route="tell/{id}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def tell(req: func.HttpRequest, client):
    try:
        await client.raise_orchestration_event(req.route_params["id"], "Go", data=1)
    except grpc.aio.AioRpcError as error:
        assert error.code() == grpc.StatusCode.NOT_FOUND
        return func.HttpResponse(status_code=404)
    return func.HttpResponse(status_code=202)
