"""Every shape of a request, a response and an output that a function may have."""

import json
from http.cookies import SimpleCookie
from typing import List  # noqa: UP035

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)


@app.route(route="echo/{kind:alpha}/{id:int?}", methods=["GET", "POST"])
def echo(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    seen = {
        "method": req.method,
        "url": req.url,
        "params": dict(req.params),
        "route": dict(req.route_params),
        "headers": dict(req.headers),
        "body": req.get_body().decode(),
        "function": context.function_name,
        "id": context.invocation_id,
    }
    return func.HttpResponse(json.dumps(seen, sort_keys=True), mimetype="application/json")


@app.route(auth_level=func.AuthLevel.ANONYMOUS)
async def shaped(req: func.HttpRequest):
    shape = req.params["shape"]
    if shape == "text":
        return "plain text"
    if shape == "nothing":
        return None
    if shape == "empty":
        return func.HttpResponse()
    if shape == "bytes":
        return func.HttpResponse(b"\x00\xff", mimetype="application/octet-stream")
    if shape == "status":
        return func.HttpResponse("gone", status_code=410, charset="latin-1")
    if shape == "headers":
        return func.HttpResponse("x", headers={"X-One": "1", "Content-Language": "fr"})
    if shape == "cookies":
        headers = {"Set-Cookie": "a=1; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax"}
        return func.HttpResponse("x", headers=headers)
    if shape == "expires":
        headers = {"Set-Cookie": "b=2; Domain=a.test; Expires=Thu, 12 Jan 2034 13:55:08 GMT"}
        return func.HttpResponse("x", headers=headers)
    if shape == "json cookie":
        jar = SimpleCookie()
        jar["c"] = "d e"
        return func.HttpResponse("x", headers={"Set-Cookie": jar["c"].OutputString()})
    if shape == "dict":
        return {"a": 1}
    if shape == "raises":
        raise ValueError("no luck")
    return 7


@app.function_name("set_out")
@app.route(trigger_arg_name="req", binding_arg_name="answer")
@app.queue_output(arg_name="first", queue_name="first", connection="AzureWebJobsStorage")
def set_out(
    req: func.HttpRequest, answer: func.Out[func.HttpResponse], first: func.Out[str]
) -> None:
    answer.set(func.HttpResponse(req.get_body(), status_code=201, headers={"X-Out": "yes"}))
    first.set("sent")


@app.queue_trigger(arg_name="msg", queue_name="in", connection="AzureWebJobsStorage")
@app.queue_output(arg_name="$return", queue_name="out", connection="AzureWebJobsStorage")
@app.queue_output(arg_name="many", queue_name="many", connection="AzureWebJobsStorage")
def forward(msg: func.QueueMessage, many: func.Out[List[str]]) -> str:  # noqa: UP006
    # Both workers refuse list[str] here.
    many.set(["one", msg.get_body().decode()])
    return json.dumps([msg.id, msg.dequeue_count, msg.pop_receipt, str(msg.insertion_time)])


@app.queue_trigger(arg_name="msg", queue_name="in2", connection="AzureWebJobsStorage")
def returns_without_a_binding(msg: func.QueueMessage):
    return "nobody takes it"


@app.queue_trigger(arg_name="msg", queue_name="in3", connection="AzureWebJobsStorage")
@app.queue_output(arg_name="out", queue_name="out", connection="AzureWebJobsStorage")
def plain_text(msg: str, out: func.Out[bytes]):
    out.set(msg.upper().encode())


@app.timer_trigger(arg_name="timer", schedule="0 */5 * * * *", run_on_startup=False)
@app.retry(strategy="fixed_delay", max_retry_count="2", delay_interval="00:00:05")
@app.queue_output(arg_name="out", queue_name="ticks", connection="AzureWebJobsStorage")
def tick(timer: func.TimerRequest, out: func.Out[str]) -> None:
    out.set(f"past due: {timer.past_due}")
