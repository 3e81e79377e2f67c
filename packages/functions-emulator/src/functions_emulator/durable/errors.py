"""What a client may ask in vain, and what its words must be like."""

from __future__ import annotations

import json

# durable-extension DurableClient.cs
MAX_INSTANCE_ID_LENGTH = 256


class BadArgument(Exception):
    """What was asked for cannot be, whatever the state: HTTP 400."""


class Conflict(Exception):
    """An instance with this id is there already and may not be replaced: HTTP 409."""


class NotAllowed(Exception):
    """The instance is in a state that does not allow this."""


class MissingFunction(Exception):
    """An activity is called that the app does not have, or not enabled."""


def checked_id(instance_id: str) -> str:
    """Return the id of a new instance if it is allowed; BadArgument if not."""
    if instance_id.startswith("@"):
        raise BadArgument("Orchestration instance ids must not start with @.")
    if any(character in "/\\#?" or not character.isprintable() for character in instance_id):
        raise BadArgument(
            "Orchestration instance ids must not contain /, \\, #, ?, or control characters."
        )
    if len(instance_id) > MAX_INSTANCE_ID_LENGTH:
        raise BadArgument(
            f"Instance ID lengths must not exceed {MAX_INSTANCE_ID_LENGTH} characters."
        )
    return instance_id


def to_json_text(body: bytes) -> str:
    """Write the JSON of a request's body compactly; BadArgument if it is none."""
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant)
        return json.dumps(value, separators=(",", ":"))
    except (ValueError, RecursionError) as error:
        raise BadArgument(str(error)) from error


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")
