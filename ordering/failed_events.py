"""A message of `event-queue-poison`: what it says, and what is wrong with it."""

from __future__ import annotations

from ordering.json_input import ContractError
from ordering.notifications import Notification, parse_notification
from ordering.storage.queues import QueuedMessage

PLAIN_TEXT = "It was sent as plain text, and the queue takes base64 only."
ENCODED_WHEN_RESENT = "Sent again from here, it is encoded."


def read(message: QueuedMessage) -> Notification | ContractError:
    """Return the event that a message holds, or what makes it one that nobody can deliver."""
    try:
        return parse_notification(message.body)
    except ContractError as error:
        return error


def told(message: QueuedMessage, why: str) -> str:
    """Return why a message failed, in sentences; a missing encoding comes first."""
    ended = why if why.endswith((".", "!", "?")) else f"{why}."
    return ended if message.encoded else f"{PLAIN_TEXT} {ended}"
