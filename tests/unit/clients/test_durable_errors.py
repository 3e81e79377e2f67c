"""The texts are those of the real client: it is asked against a server of ours."""

import asyncio
import json
from enum import Enum
from typing import Any

import pytest
from aiohttp import ClientConnectionError, web
from azure.durable_functions import DurableOrchestrationClient
from azure.durable_functions.models.utils import http_utils

from clients.durable_errors import Failure, classify


async def error_of_the_client(status: int, body: str = "") -> Exception | None:
    async def respond(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body)

    app = web.Application()
    app.router.add_post("/{rest:.*}", respond)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    binding = {
        "taskHubName": "hub",
        "creationUrls": {},
        "managementUrls": {"id": "INSTANCEID"},
        "rpcBaseUrl": f"http://{host}:{port}/durabletask/",
    }
    try:
        await DurableOrchestrationClient(json.dumps(binding)).raise_event("o-1", "Proceed", None)
    except Exception as error:
        return error
    finally:
        await http_utils._close_session()
        await runner.cleanup()
    return None


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (410, Failure.FINISHED),
        (404, Failure.UNKNOWN),
        (400, Failure.TROUBLE),
        (200, Failure.TROUBLE),
        (429, Failure.TROUBLE),
        (500, Failure.TROUBLE),
        (503, Failure.TROUBLE),
    ],
)
def test_an_answer_of_the_host_is_told_by_the_clients_text(status: int, failure: Failure) -> None:
    error = asyncio.run(error_of_the_client(status))
    assert error is not None and classify(error) is failure


def test_delivery_is_no_error() -> None:
    assert asyncio.run(error_of_the_client(202)) is None


def test_a_page_instead_of_json_is_trouble() -> None:
    error = asyncio.run(error_of_the_client(502, "<html>Bad gateway</html>"))
    assert isinstance(error, ValueError) and classify(error) is Failure.TROUBLE


@pytest.mark.parametrize(
    "error",
    [
        ClientConnectionError("Instance with ID o-1 is gone: either completed or failed"),
        asyncio.TimeoutError(),
        OSError("No instance with ID o-1 found."),
        Exception(""),
        Exception("Webhook returned unrecognized status code 410"),
    ],
)
def test_everything_else_is_trouble_whatever_its_text(error: Exception) -> None:
    assert classify(error) is Failure.TROUBLE


class Code(Enum):
    NOT_FOUND = 5
    FAILED_PRECONDITION = 9
    UNAVAILABLE = 14


class RpcError(Exception):
    def __init__(self, code: Code) -> None:
        super().__init__(code.name)
        self._code = code

    def code(self) -> Any:
        return self._code


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (Code.NOT_FOUND, Failure.UNKNOWN),
        (Code.FAILED_PRECONDITION, Failure.FINISHED),
        (Code.UNAVAILABLE, Failure.TROUBLE),
    ],
)
def test_errors_of_client_2_are_told_by_their_code(code: Code, failure: Failure) -> None:
    assert classify(RpcError(code)) is failure
