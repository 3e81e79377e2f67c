"""What could not be delivered: look at it, send it again, corrected if need be, or remove it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

from ordering.errors import Contention, StorageUnavailable
from ordering.failed_events import ENCODED_WHEN_RESENT, read, told
from ordering.json_input import ContractError
from ordering.notifications import parse_notification
from ordering.storage.credentials import Account
from ordering.storage.queues import Queue, QueuedMessage, read_message
from ordering.storage.queues import open_queue as open_shared
from tools.event_queue import POISON_QUEUE, QUEUE, check, check_size, send
from tools.processes import NoAnswer, ToolError, WrongUsage

# As many as the service gives at once.
AT_ONCE = 32
# Seconds that a message stays hidden while it is looked at: it comes back by itself if we die.
HIDDEN = 120


@dataclass
class Replay:
    """How many messages were sent again, and how many were left."""

    sent: int = 0
    left: int = 0


class Poison:
    """The poison queue of an account, over the code that the app's HTTP routes use.

    Raises ToolError, NoAnswer among them.
    """

    def __init__(self, account: Account) -> None:
        check(account)
        self._failed: Queue = open_shared(account, POISON_QUEUE)
        self._events: Queue = open_shared(account, QUEUE)

    def peek(self) -> tuple[list[QueuedMessage], int]:
        """Return the oldest messages, 32 at most, and about how many there are."""
        with _answering():
            found = self._failed.peek()
            return found, max(self._failed.count(), len(found))

    def resend(self, message_id: str, text: str | None = None) -> QueuedMessage:
        """Send a message again, or a text in its place, then remove it; return it as it was.

        A message that would fail again stays where it is.
        """

        def put_back(message: QueuedMessage) -> None:
            if text is None and (why := problem_of(message)):
                raise ToolError(f"Left {message.id}: {why}")
            self._events.send([text or message.text])

        return self._take(message_id, put_back)

    def delete(self, message_id: str) -> QueuedMessage:
        """Remove a message for good; return it."""
        return self._take(message_id, lambda message: None)

    def _take(self, message_id: str, use: Callable[[QueuedMessage], object]) -> QueuedMessage:
        taken: list[QueuedMessage] = []

        def once(message: QueuedMessage) -> None:
            use(message)
            taken.append(message)

        with _answering():
            self._failed.take(message_id, once)
        if not taken:
            raise ToolError(f"{message_id} is not, or no more, in {POISON_QUEUE}.")
        return taken[0]


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except StorageUnavailable as error:
        raise NoAnswer(str(error)) from error
    except Contention as error:
        raise ToolError(f"{error} Try again in half a minute.") from error


def problem_of(message: QueuedMessage) -> str | None:
    """Return why a message can never be delivered as it is, or None if it can."""
    found = read(message)
    return told(message, str(found)) if isinstance(found, ContractError) else None


def verdict(message: QueuedMessage) -> str:
    """Return what is wrong with a message, and what can be done with it."""
    if problem := problem_of(message):
        return f"{problem} Correct it (replay-poison {message.id} --as JSON) or delete it."
    if not message.encoded:
        return told(
            message,
            f"It can be delivered: {ENCODED_WHEN_RESENT[0].lower()}{ENCODED_WHEN_RESENT[1:]}",
        )
    return "It can be delivered once its order is there: it was missing, or the app in trouble."


def corrected(text: str) -> str:
    """Return the notification that a person has typed, as it goes out; raises WrongUsage."""
    try:
        right = parse_notification(text.encode()).to_text()
    except ContractError as error:
        raise WrongUsage(f"{error}. --help shows how to say it.") from error
    check_size(right)
    return right


def replay(
    poison: QueueClient,
    events: QueueClient,
    tell: Callable[[QueuedMessage, bool], None],
    *,
    everything: bool = False,
) -> Replay:
    """Send all messages again, or the oldest that can be delivered, and take them off the queue.

    What NotifyEvent would refuse again stays where it is. `tell` hears of each and whether it was
    sent. A message is deleted after it was sent: should we die in between, it comes twice.
    """
    result = Replay()
    started = datetime.now(timezone.utc)
    hidden: list[Any] = []
    try:
        for page in _pages(poison):
            hidden += page
            for each in page:
                message = read_message(each)
                if message.inserted > started:
                    continue
                if problem_of(message):
                    result.left += 1
                    tell(message, False)
                    continue
                send(events, message.text)
                poison.delete_message(each)
                hidden.remove(each)
                result.sent += 1
                tell(message, True)
                if not everything:
                    return result
    finally:
        for each in hidden:
            poison.update_message(each, visibility_timeout=0)
    return result


def _pages(queue: QueueClient) -> Iterator[list[Any]]:
    messages = queue.receive_messages(messages_per_page=AT_ONCE, visibility_timeout=HIDDEN)
    try:
        for page in messages.by_page():
            yield list(page)
    except ResourceNotFoundError:
        return
