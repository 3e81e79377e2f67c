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


class ActivityFailure(Exception):
    """An activity of the host's own failed; the orchestrator gets Reason and Details as given."""

    def __init__(self, reason: str, details: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.details = details


class Postponed(Exception):
    """What came to an instance could not be processed and is tried again after a while."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"tried again in {seconds:.0f} s")
        self.seconds = seconds


def is_invalid_character(character: str) -> bool:
    """Tell whether neither an instance id nor an entity's key may have it."""
    return character in "/\\#?" or not character.isprintable()


def checked_id(instance_id: str) -> str:
    """Return the id of a new instance if it is allowed; BadArgument if not."""
    if instance_id.startswith("@"):
        raise BadArgument("Orchestration instance ids must not start with @.")
    if any(is_invalid_character(character) for character in instance_id):
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
