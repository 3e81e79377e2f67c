"""The HTTP response that the host makes of what a Python function returns."""

import json
import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from azure.functions.meta import Datum

from functions_emulator.triggers.cookies import set_cookie_headers

_BY_SERVER = frozenset({"content-length", "transfer-encoding", "connection"})
_LINE_BREAK = re.compile(r"[\r\n\0]")
_NO_BODY = frozenset({204, 205, 304})


def response_from(returned: Datum | None) -> web.Response:
    """Build the response of a function; None, a function without an HTTP output, gives 200.

    FunctionInvocationMiddleware.cs; raises ValueError for a status, header or cookie that HTTP
    forbids.
    """
    if returned is None or returned.value is None:
        return web.Response()
    if returned.type == "http":
        return _from_response_object(returned.value)
    return _from_text(str(returned.value))


def _from_response_object(value: Mapping[str, Any]) -> web.Response:
    headers = {name: datum.value for name, datum in value["headers"].items()}
    body = value["body"].value
    response = _response(int(value["status_code"].value), headers, body)
    for header in set_cookie_headers(value.get("cookies") or []):
        response.headers.add("Set-Cookie", header)
    return response


def _response(status: int, headers: Mapping[str, Any], body: bytes) -> web.Response:
    if not 100 <= status <= 999:
        raise ValueError(f"the status {status} is not from 100 to 999")
    response = web.Response(status=status, body=None if status in _NO_BODY else body)
    for name, value in headers.items():
        text = str(value)
        if _LINE_BREAK.search(name + text):
            raise ValueError(f"the header {name!r} has a line break")
        if name.lower() not in _BY_SERVER:
            response.headers[name] = text
    return response


def _from_text(text: str) -> web.Response:
    """Answer with a returned string, which the host reads as JSON first (HttpBinding.cs).

    An object with a `body` is a response object; other JSON is written anew, indented.
    """
    try:
        value = json.loads(text)
    except ValueError:
        return _text_response(200, {}, text)
    if not isinstance(value, dict):
        return _text_response(200, {}, _as_text(value))
    found = {name.lower(): item for name, item in reversed(value.items())}
    if "body" not in found:
        return _text_response(200, {}, _as_text(value))
    headers = found.get("headers")
    status = found.get("statuscode", found.get("status", 200))
    return _text_response(
        _status(status), headers if isinstance(headers, dict) else {}, _as_text(found["body"])
    )


def _text_response(status: int, headers: Mapping[str, Any], text: str) -> web.Response:
    headers = {"Content-Type": "text/plain; charset=utf-8", **headers}
    return _response(status, headers, text.encode())


def _status(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 200


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    return json.dumps(value, indent=2, ensure_ascii=False)
