"""The request of a call_http, as the extension keeps it in the history.

Source: durable-extension DurableHttpRequest.cs.
"""

from __future__ import annotations

import json
from typing import Any

# ext:HttpOptions.cs, HttpTaskActivityReservedName.
HTTP_ACTIVITY = "BuiltIn::HttpActivity"
ACCEPTED = 202

Request = dict[str, Any]


def read(given: Any) -> Request:
    """Read the request of an action; what is missing has the value that .NET gives it.

    So without `asynchronousPatternEnabled` there is no polling: Json.NET takes `false`, whatever
    the default of the constructor's parameter (durable-js#284). SDK 1.x never sends it
    (durable-python#380).
    """
    request = given if isinstance(given, dict) else {}
    return {
        "method": request.get("method") or "GET",
        "uri": request.get("uri"),
        "headers": request.get("headers") or {},
        "content": request.get("content"),
        "tokenSource": request.get("tokenSource"),
        "asynchronousPatternEnabled": bool(request.get("asynchronousPatternEnabled")),
        "retryOptions": request.get("retryOptions"),
        "timeout": request.get("timeout"),
    }


def polls(request: Request) -> bool:
    """Tell whether an answer 202 is to be followed up."""
    return bool(request["asynchronousPatternEnabled"])


def poll(request: Request, location: str) -> Request:
    """Make the request that asks how it stands; a function key is for the first one only."""
    headers = {
        name: value
        for name, value in request["headers"].items()
        if name.lower() != "x-functions-key"
    }
    kept = {name: request[name] for name in ("tokenSource", "timeout")}
    following = {"asynchronousPatternEnabled": True, "headers": headers, **kept}
    return read({"method": "GET", "uri": location, **following})


def not_supported(request: Request) -> str | None:
    """Say what of a request the emulator does not do; None if it does all."""
    for name in ("retryOptions", "timeout"):
        if request[name] is not None:
            return (
                f"The emulator does not support {name} in call_http: make the request in an "
                "activity, or run the app on the Azure Functions host (func start)."
            )
    return None


def to_text(request: Request) -> str:
    """Write a request as JSON text."""
    return json.dumps(request, separators=(",", ":"))


def header(headers: Any, name: str) -> str | None:
    """Find a header of a response, whatever its case; of several the first."""
    for key, value in (headers or {}).items():
        if key.lower() == name.lower():
            return str(value[0] if isinstance(value, list) else value)
    return None
