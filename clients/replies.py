"""HTTP replies in one form: JSON, with an error that says what to do."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import azure.functions as func

from ordering.errors import Contention, SettingsError, StorageUnavailable
from ordering.json_input import ContractError, FieldError, JsonError, parse_json

# A message on a storage queue may not be larger either; an order of 50 lines needs a tenth.
LARGEST_BODY = 64 * 1024
# So that an error is under 64 KB whatever was sent: fields may be named by the client, and a
# character may take 12 bytes of JSON.
MOST_FIELDS = 50
_LONGEST_NAME = 300
_LONGEST_MESSAGE = 600
_LONGEST_ERROR = 4_000

log = logging.getLogger(__name__)


class Refused(Exception):
    """The request is answered with an error."""

    def __init__(self, status: int, error: str, fields: Sequence[FieldError] = ()) -> None:
        super().__init__(error)
        self.status = status
        self.fields = list(fields)


_EXPECTED = (Refused, ContractError, StorageUnavailable, Contention, SettingsError)


def reply(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> func.HttpResponse:
    """Return a JSON reply; ASCII, so that no charset can spoil it."""
    return func.HttpResponse(
        json.dumps(body), status_code=status, mimetype="application/json", headers=headers
    )


def error_reply(status: int, error: str, fields: Sequence[FieldError] = ()) -> func.HttpResponse:
    """Return `{"error", "fields"?}`, of 50 fields at most."""
    body: dict[str, Any] = {"error": shortened(error, _LONGEST_ERROR)}
    if fields:
        body["fields"] = [
            {
                "field": shortened(each["field"], _LONGEST_NAME),
                "message": shortened(each["message"], _LONGEST_MESSAGE),
            }
            for each in fields[:MOST_FIELDS]
        ]
    return reply(body, status, {"Retry-After": "5"} if status == 503 else None)


def shortened(text: str, most: int) -> str:
    """Return a text, cut so that it takes so many bytes of JSON at most."""
    if len(text) * 12 <= most or len(json.dumps(text)) <= most + 2:
        return text
    # Each character takes a byte at least.
    kept, room = 0, most - len("...")
    for character in text[:most]:
        room -= len(json.dumps(character)) - 2
        if room < 0:
            break
        kept += 1
    return text[:kept] + "..."


async def answer(work: Awaitable[func.HttpResponse]) -> func.HttpResponse:
    """Return the work's answer, or the error reply for what it raises.

    Bad input is 400, storage or host trouble 503 with Retry-After; nothing that a client sends
    is a 500.
    """
    try:
        return await work
    except _EXPECTED as error:
        return _reply_to(error)


def answer_blocking(work: Callable[[], func.HttpResponse]) -> func.HttpResponse:
    """Do the same as `answer` for a function that is not a coroutine."""
    try:
        return work()
    except _EXPECTED as error:
        return _reply_to(error)


def _reply_to(error: Exception) -> func.HttpResponse:
    if isinstance(error, Refused):
        return error_reply(error.status, str(error), error.fields)
    if isinstance(error, ContractError):
        return error_reply(400, str(error), error.errors)
    if isinstance(error, SettingsError):
        log.error("The app is not set up: %s", error)
        return _later("The app is not set up: an app setting is missing or wrong. See its log.")
    log.error("The request could not be served: %s", error)
    return _later("Storage is not available at the moment. Send the same request again later.")


def _later(error: str) -> func.HttpResponse:
    return error_reply(503, error)


def read_json(request: func.HttpRequest, largest: int = LARGEST_BODY) -> Any:
    """Return the JSON value of a request's body; raises Refused (400, 413)."""
    body = request.get_body()
    if len(body) > largest:
        raise Refused(413, f"The body has {len(body)} bytes; at most {largest} are accepted.")
    if not body.strip():
        raise Refused(400, "The body is empty; it must be a JSON object.")
    try:
        return parse_json(body)
    except JsonError as error:
        raise Refused(400, f"The body cannot be read: {error}.") from None
