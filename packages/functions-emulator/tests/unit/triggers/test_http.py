"""HTTP functions, called over HTTP on a server in this process."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
from aiohttp import ClientSession, ClientTimeout, CookieJar, FormData, web
from aiohttp.test_utils import TestClient, TestServer
from multidict import CIMultiDict

from functions_emulator.app.loader import load_functions
from functions_emulator.pool.in_process import InProcess
from functions_emulator.triggers.http import MAX_BODY_BYTES, HttpTrigger
from functions_emulator.triggers.invocation import Invoker
from functions_emulator.triggers.router import Router
from tests.unit.conftest import MakeApp

T = TypeVar("T")
Client = TestClient[web.Request, web.Application]

SOURCE = """
import json
app = func.FunctionApp()

@app.route(route="echo/{id}/{rest?}")
def echo(req: func.HttpRequest) -> func.HttpResponse:
    described = {
        "method": req.method, "url": req.url, "headers": dict(req.headers),
        "query": dict(req.params), "route": dict(req.route_params), "body": list(req.get_body()),
    }
    return func.HttpResponse(json.dumps(described), mimetype="application/json")

@app.route(route="only-post", methods=["POST"])
def only_post(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.get_body(), status_code=201, mimetype="application/octet-stream",
                             headers={"X-One": "1"})

@app.route()
def boom(req: func.HttpRequest) -> func.HttpResponse:
    raise ValueError("no")

@app.route()
def nothing(req: func.HttpRequest) -> func.HttpResponse:
    return None

@app.route()
def text(req: func.HttpRequest) -> str:
    return req.params.get("text", "")

@app.route()
def cookies(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse("x")
    response.headers.add("Set-Cookie", "a=1; Max-Age=60; HttpOnly; SameSite=Lax")
    response.headers.add("Set-Cookie", 'b="x y"; Path=/api; Secure')
    return response

@app.route()
def no_content(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("ignored", status_code=204)

@app.route()
def bad_header(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse("x")
    response.headers._list.append(("X", "a\\r\\nEvil: 1"))
    return response

@app.route()
def trace(req: func.HttpRequest, context: func.Context) -> str:
    seen = context.trace_context
    assert (seen.Traceparent, seen.Tracestate) == (seen.trace_parent, seen.trace_state)
    return json.dumps([seen.Traceparent, seen.Tracestate, seen.Attributes])

@app.route(binding_arg_name="answer")
def out(req: func.HttpRequest, answer: func.Out[func.HttpResponse]):
    if req.params.get("set"):
        answer.set(func.HttpResponse("set", status_code=202, headers={"X-Out": "1"}))

@app.route()
def bad_cookie(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse("x")
    response.headers.add("Set-Cookie", req.params["cookie"])
    return response

@app.route()
async def form(req: func.HttpRequest) -> str:
    with req.files["file"].stream as file:
        return req.form["name"] + file.read().decode()

started, release, ended = __import__("builtins").test_events

@app.route()
def slow(req: func.HttpRequest) -> str:
    started.set()
    release.wait(5)
    ended.set()
    return "done"
"""

Call = Callable[[Callable[[Client], Awaitable[T]]], T]


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, ...]:
    events = tuple(threading.Event() for _ in range(3))
    monkeypatch.setattr("builtins.test_events", events, raising=False)
    return events


@pytest.fixture
def call(make_app: MakeApp, events: object) -> Call[Any]:
    functions = load_functions(make_app(SOURCE))

    async def write(*_: object) -> None:
        raise AssertionError("nothing is written")

    async def served(use: Callable[[Client], Awaitable[T]]) -> T:
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        router = Router(functions, "api")
        async with InProcess(functions) as workers:
            trigger = HttpTrigger(router, Invoker(workers, write), {"X-Custom": "yes"})
            application.router.add_route("*", "/{path:.*}", trigger.handle)
            server = TestServer(application)
            async with TestClient(server, cookie_jar=CookieJar(unsafe=True)) as client:
                return await use(client)

    return lambda use: asyncio.run(served(use))


def get(path: str, **options: Any) -> Callable[[Client], Awaitable[tuple[Any, bytes]]]:
    return request("GET", path, **options)


def request(
    method: str, path: str, **options: Any
) -> Callable[[Client], Awaitable[tuple[Any, bytes]]]:
    async def use(client: Client) -> tuple[Any, bytes]:
        async with client.request(method, path, **options) as response:
            return response, await response.read()

    return use


def test_a_request_reaches_the_function_as_the_worker_gets_it(call: Call[Any]) -> None:
    headers = CIMultiDict([("X-Twice", "1"), ("X-Twice", "2"), ("X-Mixed", "Case")])
    options = {"data": b"\x00\xff", "headers": headers}
    response, body = call(request("PATCH", "/api/echo/7?a=1&A=2&b=x%20y&empty=", **options))
    seen = json.loads(body)
    assert response.status == 200
    assert seen["method"] == "PATCH"
    assert seen["url"].endswith("/api/echo/7?a=1&A=2&b=x%20y&empty=")
    assert seen["query"] == {"a": "1,2", "b": "x y"}
    assert seen["route"] == {"id": "7"}
    assert seen["headers"]["x-twice"] == "1,2"
    assert seen["headers"]["x-mixed"] == "Case"
    assert seen["body"] == [0, 255]


def test_a_binary_body_comes_back_with_status_and_headers(call: Call[Any]) -> None:
    content = bytes(range(256)) * 4096
    response, body = call(request("POST", "/api/only-post", data=content))
    assert (response.status, body) == (201, content)
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert (response.headers["X-One"], response.headers["X-Custom"]) == ("1", "yes")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/only-post"),
        ("OPTIONS", "/api/only-post"),
        ("POST", "/only-post"),
        ("GET", "/api/unknown"),
    ],
)
def test_a_wrong_method_or_path_is_not_found(call: Call[Any], method: str, path: str) -> None:
    response, body = call(request(method, path))
    assert (response.status, body) == (404, b"")


@pytest.mark.parametrize("path", ["/api/boom", "/api/nothing", "/api/bad_header"])
def test_a_function_that_fails_gives_500_without_a_body(call: Call[Any], path: str) -> None:
    response, body = call(get(path))
    assert (response.status, body) == (500, b"")


def test_a_failure_is_logged_with_name_and_invocation_id(
    call: Call[Any], caplog: pytest.LogCaptureFixture
) -> None:
    call(get("/api/boom"))
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == 1
    assert errors[0].startswith("Executed 'Functions.boom' (Failed, Id=")
    assert "ValueError: no" in errors[0]


@pytest.mark.parametrize(
    ("returned", "status", "body"),
    [
        ("hello", 200, "hello"),
        ("", 200, ""),
        ('{"a":1}', 200, '{\n  "a": 1\n}'),
        ('{"Body": "x", "status": 404}', 404, "x"),
        ('{"body": {"a": 1}, "statusCode": "201"}', 201, '{\n  "a": 1\n}'),
        ("true", 200, "True"),
        ('"quoted"', 200, "quoted"),
    ],
)
def test_a_returned_string_is_read_as_the_host_reads_it(
    call: Call[Any], returned: str, status: int, body: str
) -> None:
    response, content = call(get("/api/text", params={"text": returned}))
    assert (response.status, content.decode()) == (status, body)
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_every_cookie_of_a_response_is_set(call: Call[Any]) -> None:
    response, _ = call(get("/api/cookies"))
    assert response.headers.getall("Set-Cookie") == [
        "a=1; max-age=60; domain=; path=; samesite=lax; httponly",
        "b=x%20y; domain=; path=/api; secure",
    ]


@pytest.mark.parametrize(
    ("cookie", "sent"),
    [
        ("foo=bar", "foo=bar; domain=; path="),  # As in tests of the Python worker.
        (
            "foo3=42; Domain=example.com; Expires=Thu, 12-Jan-2017 13:55:08 GMT; Path=/; "
            "Max-Age=10000000; Secure; HttpOnly",
            "foo3=42; expires=Thu, 12 Jan 2017 13:55:08 GMT; max-age=10000000; "
            "domain=example.com; path=/; secure; httponly",
        ),
        ("a=1; SameSite=None", "a=1; domain=; path=; samesite=none"),
        ("a=1; SameSite=odd", "a=1; domain=; path="),
        ("a=1; Max-Age=1.9", "a=1; max-age=1; domain=; path="),
    ],
)
def test_a_cookie_is_written_as_the_host_writes_it(call: Call[Any], cookie: str, sent: str) -> None:
    response, _ = call(get("/api/bad_cookie", params={"cookie": cookie}))
    assert response.headers["Set-Cookie"] == sent


@pytest.mark.parametrize(
    "cookie", ["foo=bar; Domain=123; Expires=Dummy", "a=1; Max-Age=Dummy", "a=1; Max-Age=-1"]
)
def test_a_cookie_that_the_host_refuses_fails_the_function(
    call: Call[Any], caplog: pytest.LogCaptureFixture, cookie: str
) -> None:
    response, body = call(get("/api/bad_cookie", params={"cookie": cookie}))
    assert (response.status, body) == (500, b"")
    assert "impossible response: the cookie" in caplog.text


def test_head_gives_headers_and_no_body(call: Call[Any]) -> None:
    response, body = call(request("HEAD", "/api/text", params={"text": "hello"}))
    assert (response.status, body) == (200, b"")


def test_a_response_that_has_no_body_sends_none(call: Call[Any]) -> None:
    response, body = call(get("/api/no_content"))
    assert (response.status, body) == (204, b"")


def test_forms_and_files_are_read(call: Call[Any]) -> None:
    form = FormData({"name": "ann"})
    form.add_field("file", b"content", filename="f.txt")
    _, body = call(request("POST", "/api/form", data=form))
    assert body == b"anncontent"


def test_the_body_of_a_chunked_request_is_dropped_as_the_host_does(
    call: Call[Any], caplog: pytest.LogCaptureFixture
) -> None:
    async def chunks() -> Any:
        yield b"lost"

    _, body = call(lambda client: request("POST", "/api/echo/1", data=chunks())(client))
    assert json.loads(body)["body"] == []
    assert "Send a Content-Length" in caplog.text


def test_a_body_above_the_limit_is_refused(
    call: Call[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "MAX_BODY_BYTES", 1000)
    response, _ = call(request("POST", "/api/only-post", data=b"x" * 1001))
    assert response.status == 413


def traced(call: Call[Any], **headers: str) -> tuple[list[str], str, dict[str, str]]:
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    _, body = call(get("/api/trace", headers=headers))
    seen = json.loads(json.loads(body)) if body.startswith(b'"') else json.loads(body)
    return seen[0].split("-"), seen[1], seen[2]


def test_a_trace_goes_on_with_a_span_of_its_own(call: Call[Any]) -> None:
    trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    found, state, attributes = traced(
        call, traceparent=f"00-{trace}-{span}-01", tracestate="vendor=1,other=2"
    )
    assert (found[0], found[1], found[3]) == ("00", trace, "01")
    assert found[2] != span and len(found[2]) == 16
    assert (state, attributes) == ("vendor=1,other=2", {})


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-4bf92f3577b34da6a3ce929d0e0e4736-{'0' * 16}-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
    ],
)
def test_without_a_legal_trace_a_new_one_begins(call: Call[Any], header: str) -> None:
    found, state, _ = traced(call, traceparent=header, tracestate="vendor=1")
    assert found[1] not in header.lower() and int(found[1], 16) and int(found[2], 16)
    assert (found[3], state) == ("00", "")


def test_a_response_may_be_set_through_an_out_parameter(call: Call[Any]) -> None:
    response, body = call(get("/api/out?set=1"))
    assert (response.status, body, response.headers["X-Out"]) == (202, b"set", "1")
    response, body = call(get("/api/out"))
    assert (response.status, body) == (200, b"")


@pytest.mark.parametrize(("prefix", "answer"), [("api", "home"), ("", "root function")])
def test_a_function_at_the_root_wins_over_the_home_page(
    make_app: MakeApp, prefix: str, answer: str
) -> None:
    source = "app = func.FunctionApp()\n@app.route(route='/')\ndef root(req) -> str: ...\n"
    if prefix:
        source = source.replace("'/'", "'x'")
    functions = load_functions(make_app(source.replace("...", "return 'root function'")))

    async def home(request: web.Request) -> web.Response:
        return web.Response(text="home")

    async def served() -> str:
        async with InProcess(functions) as workers:
            trigger = HttpTrigger(Router(functions, prefix), Invoker(workers, home), home=home)
            application = web.Application()
            application.router.add_route("*", "/{path:.*}", trigger.handle)
            async with TestClient(TestServer(application)) as client, client.get("/") as response:
                return await response.text()

    assert asyncio.run(served()) == answer


def test_a_client_that_hangs_up_does_not_stop_the_function(
    call: Call[Any], events: tuple[threading.Event, ...]
) -> None:
    started, release, ended = events

    async def use(client: Client) -> bool:
        url = client.make_url("/api/slow")
        async with ClientSession(timeout=ClientTimeout(total=None)) as session:
            asking = asyncio.ensure_future(session.get(url))
            assert await asyncio.to_thread(started.wait, 5)
            asking.cancel()
            await asyncio.wait([asking])
        release.set()
        return await asyncio.to_thread(ended.wait, 5)

    assert call(use)
