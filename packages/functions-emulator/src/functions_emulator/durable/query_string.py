"""Read the management API's query parameters as the extension does: a bad one is not there.

Source: durable-extension HttpApiHandler.cs, the TryGet...QueryParameterValue methods.
"""

from __future__ import annotations

from datetime import datetime, timezone

from aiohttp import web
from dateutil.parser import ParserError
from dateutil.parser import parse as parse_date

from functions_emulator.durable.clock import to_text
from functions_emulator.durable.instance import RUNTIME_STATUSES
from functions_emulator.durable.reading import Query

_STATUSES = {status.lower(): status for status in RUNTIME_STATUSES}


def text(request: web.Request, name: str) -> str | None:
    """Read a text; parameter names ignore case, as in .NET."""
    for key, value in request.query.items():
        if key.lower() == name.lower():
            return value
    return None


def flag(request: web.Request, name: str, default: bool = False) -> bool:
    """Read true or false."""
    value = (text(request, name) or "").strip().lower()
    return value == "true" if value in ("true", "false") else default


def number(request: web.Request, name: str) -> float | None:
    """Read a number."""
    try:
        return float(text(request, name) or "")
    except ValueError:
        return None


def moment(request: web.Request, name: str) -> str | None:
    """Read a time, as a history text; without an offset it is UTC."""
    given = text(request, name)
    if not given:  # Nearly always: the parser takes its time to refuse an empty text.
        return None
    try:
        value: datetime = parse_date(given)
    except (ParserError, OverflowError, ValueError):
        return None
    if value.tzinfo is None:
        value = value.replace(tzinfo=timezone.utc)
    return to_text(value.astimezone(timezone.utc))


def instances(request: web.Request) -> Query:
    """Read the filter of a list or a purge."""
    statuses = [
        _STATUSES[part.strip().lower()]
        for value in request.query.getall("runtimeStatus", [])
        for part in value.split(",")
        if part.strip().lower() in _STATUSES
    ]
    return Query(
        statuses=tuple(statuses),
        created_from=moment(request, "createdTimeFrom"),
        created_to=moment(request, "createdTimeTo"),
        prefix=text(request, "instanceIdPrefix"),
    )
