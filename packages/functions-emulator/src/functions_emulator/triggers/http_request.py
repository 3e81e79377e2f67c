"""What a function gets of an HTTP request, as the host hands it to the Python worker.

GrpcMessageConversionExtensions.cs: header names in lower case, repeated headers and query keys
joined with a comma, empty query values left out, the body of a chunked request dropped.
"""

import logging
from collections.abc import Mapping

from aiohttp import web
from azure.functions.meta import Datum

_log = logging.getLogger("functions_emulator.http")


async def request_datum(request: web.Request, route_values: Mapping[str, str]) -> Datum:
    """Read a request whole; raises aiohttp's 413 above the size limit of the server."""
    return Datum(
        {
            "method": Datum(request.method, "string"),
            "url": Datum(f"{request.scheme}://{request.host}{request.raw_path}", "string"),
            "headers": _strings(_joined(request.headers.items())),
            "query": _strings(_query(request)),
            "params": _strings(route_values),
            "body": Datum(await _body(request), "bytes"),
        },
        "http",
    )


def _strings(values: Mapping[str, str]) -> dict[str, Datum]:
    return {name: Datum(value, "string") for name, value in values.items()}


def _joined(pairs: object) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:  # type: ignore[attr-defined]
        name = name.lower()
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _query(request: web.Request) -> dict[str, str]:
    if not request.query_string:
        return {}
    spelled: dict[str, str] = {}
    joined: dict[str, str] = {}
    for name, value in request.query.items():
        name = spelled.setdefault(name.lower(), name)
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return {name: value for name, value in joined.items() if value}


async def _body(request: web.Request) -> bytes:
    body = await request.read()
    if body and request.content_length is None:
        _log.warning(
            "%s %s came with Transfer-Encoding: chunked; the Functions host drops such a body, so "
            "the function gets none. Send a Content-Length.",
            request.method,
            request.path,
        )
        return b""
    return body
