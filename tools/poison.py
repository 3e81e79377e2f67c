"""What could not be delivered: look at the poison queue, and send messages again."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

from ordering.json_input import ContractError
from ordering.notifications import parse_notification
from tools.event_queue import send

# As many as the service gives at once.
AT_ONCE = 32
# Seconds that a message stays hidden while it is looked at: it comes back by itself if we die.
HIDDEN = 120


@dataclass(frozen=True)
class PoisonMessage:
    """A message that was given up; `problem` is None if it can be delivered as it is."""

    id: str
    text: str
    inserted: datetime
    problem: str | None


@dataclass
class Replay:
    """How many messages were sent again, and how many were left."""

    sent: int = 0
    left: int = 0


def read(message: Any) -> PoisonMessage:
    """Return what a message of the poison queue says, base64 or plain."""
    body = decode(message.content)
    try:
        parse_notification(body)
        problem = None
    except ContractError as error:
        problem = str(error)
    return PoisonMessage(message.id, body.decode(errors="replace"), message.inserted_on, problem)


def decode(content: str) -> bytes:
    """Return the body of a message: what base64 stands for, or the text of a careless sender."""
    try:
        return base64.b64decode(content, validate=True)
    except ValueError:
        return content.encode()


def peek(queue: QueueClient) -> tuple[list[PoisonMessage], int]:
    """Return the oldest messages, 32 at most, and about how many there are."""
    try:
        total = queue.get_queue_properties().approximate_message_count or 0
        found = [read(message) for message in queue.peek_messages(max_messages=AT_ONCE)]
    except ResourceNotFoundError:
        return [], 0
    return found, max(total, len(found))


def replay(
    poison: QueueClient,
    events: QueueClient,
    tell: Callable[[PoisonMessage, bool], None],
    *,
    ids: Collection[str] = (),
    everything: bool = False,
) -> Replay:
    """Send messages again, encoded rightly, and take them off the poison queue.

    Those with one of the ids, or all; without either the oldest that can be delivered. What
    NotifyEvent would refuse again stays where it is. `tell` hears of each and whether it was
    sent. A message is deleted after it was sent: should we die in between, it comes twice.
    """
    result = Replay()
    started = datetime.now(timezone.utc)
    hidden: list[Any] = []
    try:
        for page in _pages(poison):
            hidden += page
            for message in page:
                found = read(message)
                if found.inserted > started or (ids and found.id not in ids):
                    continue
                if found.problem:
                    result.left += 1
                    tell(found, False)
                    continue
                send(events, found.text)
                poison.delete_message(message)
                hidden.remove(message)
                result.sent += 1
                tell(found, True)
                if not everything and result.sent == (len(set(ids)) or 1):
                    return result
    finally:
        for message in hidden:
            poison.update_message(message, visibility_timeout=0)
    return result


def _pages(queue: QueueClient) -> Iterator[list[Any]]:
    messages = queue.receive_messages(messages_per_page=AT_ONCE, visibility_timeout=HIDDEN)
    try:
        for page in messages.by_page():
            yield list(page)
    except ResourceNotFoundError:
        return
