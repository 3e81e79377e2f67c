"""CORS of local.settings.json, as ASP.NET's CorsService answers for `func start`."""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from functions_emulator.app.local_host import CorsSettings
from functions_emulator.triggers.cors import cors_middleware

SHOP = "https://shop.example"
ONE = CorsSettings((SHOP,))
TWO = CorsSettings((SHOP, "http://localhost:3000"), credentials=True)
ANY = CorsSettings(("*",))
ALLOWED = "Access-Control-Allow-"


def answer(cors: CorsSettings, method: str, path: str = "/x", **headers: str) -> tuple[int, Any]:
    async def handle(request: web.Request) -> web.Response:
        if request.path == "/large":
            raise web.HTTPRequestEntityTooLarge(max_size=1, actual_size=2)
        return web.Response(text=request.method, headers={f"{ALLOWED}Origin": "the app's own"})

    async def main() -> tuple[int, Any]:
        application = web.Application(middlewares=[cors_middleware(lambda: cors)])
        application.router.add_route("*", "/{path:.*}", handle)
        async with TestClient(TestServer(application)) as client:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            async with client.request(method, path, headers=sent) as response:
                return response.status, response.headers

    return asyncio.run(main())


def test_a_request_of_an_allowed_origin_is_answered_with_it() -> None:
    status, headers = answer(ONE, "GET", Origin=SHOP)
    assert (status, headers[f"{ALLOWED}Origin"]) == (200, SHOP)
    assert f"{ALLOWED}Credentials" not in headers and "Vary" not in headers


def test_several_origins_vary_and_credentials_are_allowed_if_set() -> None:
    _, headers = answer(TWO, "POST", Origin="http://localhost:3000")
    assert headers[f"{ALLOWED}Origin"] == "http://localhost:3000"
    assert (headers[f"{ALLOWED}Credentials"], headers["Vary"]) == ("true", "Origin")


def test_any_origin_is_answered_with_a_star() -> None:
    assert answer(ANY, "GET", Origin="http://anywhere")[1][f"{ALLOWED}Origin"] == "*"


def test_a_preflight_never_reaches_the_app() -> None:
    asked = {
        "Access_Control_Request_Method": "PUT",
        "Access_Control_Request_Headers": "x-one, content-type",
    }
    status, headers = answer(ONE, "OPTIONS", Origin=SHOP, **asked)
    assert status == 204
    assert headers[f"{ALLOWED}Origin"] == SHOP
    assert headers[f"{ALLOWED}Methods"] == "PUT"
    assert headers[f"{ALLOWED}Headers"] == "x-one,content-type"
    status, headers = answer(ONE, "OPTIONS", Origin="https://evil.example", **asked)
    assert status == 204
    assert not any(name.startswith(ALLOWED) for name in headers)


@pytest.mark.parametrize("origin", ["https://evil.example", "https://shop.example:444", "null"])
def test_other_origins_get_the_answer_without_leave(origin: str) -> None:
    status, headers = answer(ONE, "GET", Origin=origin)
    assert (status, headers[f"{ALLOWED}Origin"]) == (200, "the app's own")


def test_options_without_the_marks_of_a_preflight_is_a_request_as_any() -> None:
    assert answer(ONE, "OPTIONS", Origin=SHOP)[0] == 200
    assert answer(ONE, "OPTIONS", Access_Control_Request_Method="PUT")[0] == 200


def test_an_error_of_the_host_has_the_headers_too() -> None:
    status, headers = answer(ONE, "POST", "/large", Origin=SHOP)
    assert (status, headers[f"{ALLOWED}Origin"]) == (413, SHOP)


def test_without_settings_there_is_nothing_in_the_way() -> None:
    asked = {"Access_Control_Request_Method": "PUT"}
    status, headers = answer(CorsSettings(), "OPTIONS", Origin=SHOP, **asked)
    assert (status, headers[f"{ALLOWED}Origin"]) == (200, "the app's own")
