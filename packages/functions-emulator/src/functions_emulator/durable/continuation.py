"""How a long list is given out in pages.

Source: durable-extension HttpApiHandler.cs: the token comes in a header and goes back in one.
"""

from __future__ import annotations

import base64

from aiohttp import web

from functions_emulator.durable import query_string
from functions_emulator.durable.errors import BadArgument

CONTINUATION_TOKEN = "x-ms-continuation-token"
_PAGE_SIZE = 100


def page_size(request: web.Request) -> int:
    """Read how many a page may have."""
    return max(int(query_string.number(request, "top") or _PAGE_SIZE), 1)


def position(request: web.Request) -> str:
    """Read the id that the page begins behind; BadArgument for a token that none gave out."""
    return behind(request.headers.get(CONTINUATION_TOKEN, ""))


def behind(text: str) -> str:
    """Read the id in a token; BadArgument for one that none gave out."""
    try:
        return base64.b64decode(text, altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise BadArgument(
            f"{CONTINUATION_TOKEN} must be a value that a list answered with"
        ) from error


def token(next_id: str | None) -> str:
    """Write the token of the page behind an id; it is empty at the end."""
    return base64.urlsafe_b64encode((next_id or "").encode()).decode()
