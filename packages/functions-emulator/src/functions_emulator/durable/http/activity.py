"""The activity behind call_http: the host makes the request, not the app.

Source: durable-extension TaskHttpActivityShim.cs.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from functions_emulator.durable.errors import ActivityFailure
from functions_emulator.durable.http import request as requests
from functions_emulator.durable.http.headers import for_request, of_response
from functions_emulator.durable.http.request import ACCEPTED, Request

TIMEOUT_SECONDS = 240  # DurableHttpClientFactory.cs
_FORM = "application/x-www-form-urlencoded"
_HTTP_ERROR = "System.Net.Http.HttpRequestException"
_CONNECTION_LOST = "An error occurred while sending the request."

log = logging.getLogger("functions_emulator.durable")


class HttpActivity:
    """Make requests over one session, whose cookies are kept as .NET's client keeps them."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._told = False

    async def run(self, request_text: str | None) -> str:
        """Make a request and give the response as JSON text; ActivityFailure if there is none."""
        request = requests.read(json.loads(request_text or "null"))
        _refuse_tokens(request)
        method, url = str(request["method"]), _checked_url(request["uri"])
        headers, body = _message(request)
        try:
            async with self._open().request(method, url, headers=headers, data=body) as response:
                content = (await response.text(errors="replace")).removeprefix("\ufeff")
                answer = {
                    "statusCode": response.status,
                    "headers": of_response(response.headers.items()),
                    "content": content,
                }
        except asyncio.TimeoutError as error:
            raise _unhandled(
                "System.Threading.Tasks.TaskCanceledException",
                "The request was canceled due to the configured HttpClient.Timeout of "
                f"{TIMEOUT_SECONDS} seconds elapsing.",
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            raise _no_answer(error, url) from error
        self._tell_of_polling(request, answer)
        return json.dumps(answer, separators=(",", ":"))

    async def close(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS),
                cookie_jar=aiohttp.CookieJar(unsafe=True),
                # .NET sends none of these by itself.
                skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
                trust_env=True,
            )
        return self._session

    def _tell_of_polling(self, request: Request, answer: dict[str, Any]) -> None:
        is_open = answer["statusCode"] == ACCEPTED and "Location" in answer["headers"]
        if is_open and not requests.polls(request) and not self._told:
            self._told = True
            log.warning(
                "call_http got the answer 202 with a Location, and the orchestrator gets it as it "
                "is: azure-functions-durable 1.x does not ask the host to poll (durable-python "
                "issue 380). Wait with a timer and call the Location yourself. (Said once.)"
            )


def _refuse_tokens(request: Request) -> None:
    if request["tokenSource"] is not None:
        resource = request["tokenSource"].get("resource")
        reason = (
            "The emulator does not support call_http with a token source (managed identity, "
            f"resource {resource}): get the token in an activity and pass it on in the header "
            "Authorization, or run the app on Azure."
        )
        raise ActivityFailure(reason, "System.NotSupportedException")


def _checked_url(uri: Any) -> str:
    url = str(uri or "")
    scheme = urlsplit(url).scheme.lower()
    if not scheme:
        raise _unhandled(
            "System.InvalidOperationException",
            "An invalid request URI was provided. Either the request URI must be an absolute URI "
            "or BaseAddress must be set.",
        )
    if scheme not in ("http", "https"):
        raise _unhandled("System.NotSupportedException", f"The '{scheme}' scheme is not supported.")
    return url


def _message(request: Request) -> tuple[list[tuple[str, str]], bytes | None]:
    try:
        headers, content_type = for_request(request["headers"])
    except ValueError as error:
        raise _unhandled("System.InvalidOperationException", str(error)) from error
    if content_type is not None and "multipart" in content_type:
        raise _unhandled(
            "Microsoft.Azure.WebJobs.Extensions.DurableTask.FunctionFailedException",
            "Multipart content is not supported with CallHttpAsync.",
        )
    if request["content"] is None:
        return headers, None
    content_type = content_type or "text/plain"
    if content_type.lower() == _FORM:
        content_type += "; charset=utf-8"
    elif ";" in content_type or "/" not in content_type:
        # The constructor of MediaTypeHeaderValue takes no parameters such as a charset.
        raise _unhandled(
            "System.FormatException", f"The format of value '{content_type}' is invalid."
        )
    return [*headers, ("Content-Type", content_type)], str(request["content"]).encode()


def _no_answer(error: Exception, url: str) -> ActivityFailure:
    message = _CONNECTION_LOST
    if isinstance(error, aiohttp.ClientSSLError):
        message = "The SSL connection could not be established, see inner exception."
    elif isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error
        number = cause.errno or 0
        text = os.strerror(number) if number > 0 else str(cause.strerror or cause)
        message = f"{text} ({error.host}:{error.port})"
    elif isinstance(error, aiohttp.ClientPayloadError):
        message = "Error while copying content to a stream."
    elif isinstance(error, aiohttp.InvalidURL):
        message = f"Invalid URI: {url}"
    details = {
        "$type": f"{_HTTP_ERROR}, System.Net.Http",
        "ClassName": _HTTP_ERROR,
        "Message": message,
    }
    return ActivityFailure(message, json.dumps(details, separators=(",", ":")))


def _unhandled(kind: str, message: str) -> ActivityFailure:
    # durabletask TaskActivityDispatcher.cs, for what the activity does not expect itself
    return ActivityFailure(message, f"Unhandled exception while executing task: {kind}: {message}")
