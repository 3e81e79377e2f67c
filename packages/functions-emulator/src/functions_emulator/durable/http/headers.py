"""Headers as .NET sees them.

Sources: dotnet/runtime System.Net.Http, Headers/KnownHeaders.cs and HttpHeaders.cs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

CONTENT_TYPE = "content-type"
# They belong to the content, not to the message: no request takes them, no response shows them.
_OF_CONTENT = frozenset(
    {
        "allow",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-length",
        "content-location",
        "content-md5",
        "content-range",
        CONTENT_TYPE,
        "expires",
        "last-modified",
    }
)
# A known header has its known spelling, however the server wrote it.
_SPELLINGS = {
    name.lower(): name
    for name in (
        "Accept-Ranges",
        "Access-Control-Allow-Origin",
        "Age",
        "Cache-Control",
        "Connection",
        "Date",
        "ETag",
        "Keep-Alive",
        "Link",
        "Location",
        "Pragma",
        "Proxy-Authenticate",
        "Retry-After",
        "Server",
        "Set-Cookie",
        "Strict-Transport-Security",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "Vary",
        "Via",
        "Warning",
        "WWW-Authenticate",
        "X-Powered-By",
        "X-Request-ID",
    )
}


def for_request(headers: Mapping[str, Any]) -> tuple[list[tuple[str, str]], str | None]:
    """Split a request's headers into those to send and the content's type.

    ValueError with .NET's text for what a request may not have.
    """
    sent: list[tuple[str, str]] = []
    content_type = None
    for name, given in headers.items():
        values = [str(value) for value in (given if isinstance(given, list) else [given])]
        if name.lower() == CONTENT_TYPE:
            content_type = values[-1] if values else None
        elif name.lower() in _OF_CONTENT:
            raise ValueError(
                f"Misused header name, '{name}'. Make sure request headers are used with "
                "HttpRequestMessage, response headers with HttpResponseMessage, and content "
                "headers with HttpContent objects."
            )
        else:
            sent += [(name, value) for value in values]
    return sent, content_type


def of_response(items: Iterable[tuple[str, str]]) -> dict[str, str | list[str]]:
    """Give a response's headers, without the content's; several of one name become a list."""
    names: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    for name, value in items:
        lowered = name.lower()
        if lowered not in _OF_CONTENT:
            known = names.setdefault(lowered, _SPELLINGS.get(lowered, name))
            found.setdefault(known, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}
