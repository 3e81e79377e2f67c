"""The answers of the management API: status codes, headers and bodies.

Source: durable-extension HttpApiHandler.cs.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from functions_emulator.durable import query_string
from functions_emulator.durable.client import Client
from functions_emulator.durable.errors import BadArgument
from functions_emulator.durable.history_view import shown
from functions_emulator.durable.instance import COMPLETED, FAILED, PENDING, Status
from functions_emulator.durable.payloads import check_status, from_json_text, status_payload


def empty(code: int) -> web.Response:
    """Answer with a status code alone."""
    return web.Response(status=code)


def json_body(code: int, value: Any, headers: Mapping[str, str] | None = None) -> web.Response:
    """Answer with a JSON body."""
    return json_text(code, json.dumps(value, separators=(",", ":")), headers)


def json_text(code: int, text: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """Answer with a body that is JSON already."""
    return web.json_response(text=text, status=code, headers=headers)


def error(code: int, message: str, exception: str | None = None) -> web.Response:
    """Answer as .NET's CreateErrorResponse does."""
    body = {"Message": message}
    if exception is not None:
        body["ExceptionMessage"] = exception
    return json_body(code, body)


def purged(count: int) -> web.Response:
    """Answer a purge; 404 when nothing was there."""
    return json_body(200, {"instancesDeleted": count}) if count else empty(404)


def statuses(found: Sequence[Status], show_input: bool, headers: Mapping[str, str]) -> web.Response:
    """Answer a list of instances."""
    return json_body(200, [status_payload(each, show_input) for each in found], headers)


def status(
    request: web.Request, client: Client, instance_id: str, error_on_failure: bool | None = None
) -> web.Response:
    """Answer a status query: 202 with Location and Retry-After while the instance lives."""
    found = client.get(instance_id)
    if found is None:
        return empty(404)
    show_input = query_string.flag(request, "showInput", default=True)
    history = None
    if query_string.flag(request, "showHistory") and found.runtime_status != PENDING:
        show_output = query_string.flag(request, "showHistoryOutput")
        history = shown(client.history(instance_id), show_output, show_input)
    payload = status_payload(found, show_input, history)
    if not found.ended:
        return json_body(202, payload, {"Location": str(request.url), "Retry-After": "5"})
    if error_on_failure is None:
        error_on_failure = query_string.flag(request, "returnInternalServerErrorOnFailure")
    failed = found.runtime_status == FAILED and error_on_failure
    return json_body(500 if failed else 200, payload)


async def started(
    request: web.Request, client: Client, instance_id: str, hub_name: str
) -> web.Response:
    """Answer a start: the links, or the output if the request waits for it and it comes."""
    timeout = query_string.number(request, "timeout")
    interval = query_string.number(request, "pollingInterval")
    if timeout is not None and interval is not None:
        if interval > timeout:
            raise BadArgument(
                f"Total timeout {timeout:g} should be bigger than retry timeout {interval:g}"
            )
        found = await _wait(client, instance_id, timeout, interval)
        if found is not None and found.runtime_status == COMPLETED:
            return json_body(200, from_json_text(found.output))
        if found is not None and found.ended:
            return status(request, client, instance_id, error_on_failure=False)
    body = check_status(str(request.url.origin()), instance_id, hub_name)
    return json_body(202, body, {"Location": body["statusQueryGetUri"], "Retry-After": "10"})


async def _wait(client: Client, instance_id: str, timeout: float, interval: float) -> Status | None:
    deadline = time.monotonic() + timeout
    while True:
        found = client.get(instance_id)
        left = deadline - time.monotonic()
        if found is None or found.ended or left <= 0:
            return found
        await asyncio.sleep(min(max(interval, 0.01), left))
