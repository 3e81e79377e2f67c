"""Storage queues in memory, so that a test of a queue function needs no storage."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone


class QueueError(Exception):
    """A request that Azure Storage refuses: its status and its error code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass
class StoredMessage:
    """A message of a queue; it is there for readers from `visible` on."""

    text: str
    visible: datetime
    inserted: datetime
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    receipt: str = field(default_factory=lambda: uuid.uuid4().hex)
    dequeue_count: int = 0


class MemoryQueues:
    """The queues of a storage account. Any thread may use them."""

    def __init__(self) -> None:
        self._queues: dict[str, list[StoredMessage]] = {}
        self._changed = threading.Condition()

    def names(self) -> list[str]:
        """List the queues."""
        with self._changed:
            return sorted(self._queues)

    def create(self, name: str) -> bool:
        """Make a queue; tell whether it is new."""
        with self._changed:
            is_new = name not in self._queues
            self._queues.setdefault(name, [])
            return is_new

    def delete(self, name: str) -> None:
        """Delete a queue with its messages."""
        with self._changed:
            self._existing(name)
            del self._queues[name]

    def reset(self) -> None:
        """Delete every queue."""
        with self._changed:
            self._queues.clear()

    def drop_waiting(self) -> bool:
        """Delete the messages that nobody has taken; tell whether others are left."""
        with self._changed:
            now = _now()
            for messages in self._queues.values():
                messages[:] = [
                    each for each in messages if each.dequeue_count and each.visible > now
                ]
            return any(self._queues.values())

    def count(self, name: str) -> int:
        """Count the messages, those included that somebody is working on."""
        with self._changed:
            return len(self._existing(name))

    def put(self, name: str, text: str, delay: float = 0) -> StoredMessage:
        """Put a message at the end of a queue."""
        with self._changed:
            message = StoredMessage(text, _now() + timedelta(seconds=delay), _now())
            self._existing(name).append(message)
            self._changed.notify_all()
            return message

    def take(self, name: str, most: int, hidden_for: float, patience: float) -> list[StoredMessage]:
        """Take messages, which nobody else gets meanwhile; wait `patience` seconds for the first.

        Azure Storage answers at once. Whoever asks again and again has a message sooner here.
        """
        with self._changed:
            self._existing(name)
            self._changed.wait_for(lambda: self._visible(name, 1), patience)
            taken = self._visible(name, most)
            for message in taken:
                message.visible = _now() + timedelta(seconds=hidden_for)
                message.receipt = uuid.uuid4().hex
                message.dequeue_count += 1
            return taken

    def peek(self, name: str, most: int) -> list[StoredMessage]:
        """Look at messages without taking them."""
        with self._changed:
            self._existing(name)
            return self._visible(name, most)

    def update(
        self, name: str, id_: str, receipt: str, hidden_for: float, text: str | None
    ) -> StoredMessage:
        """Change when a message is there again, and its text if one is given."""
        with self._changed:
            message = self._held(name, id_, receipt)
            message.visible = _now() + timedelta(seconds=hidden_for)
            message.receipt = uuid.uuid4().hex
            message.text = message.text if text is None else text
            self._changed.notify_all()
            return message

    def remove(self, name: str, id_: str, receipt: str) -> None:
        """Delete a message."""
        with self._changed:
            self._existing(name).remove(self._held(name, id_, receipt))

    def clear(self, name: str) -> None:
        """Delete the messages of a queue."""
        with self._changed:
            self._existing(name).clear()

    def _existing(self, name: str) -> list[StoredMessage]:
        if name not in self._queues:
            raise QueueError(404, "QueueNotFound")
        return self._queues[name]

    def _visible(self, name: str, most: int) -> list[StoredMessage]:
        now = _now()
        return [each for each in self._queues.get(name, ()) if each.visible <= now][:most]

    def _held(self, name: str, id_: str, receipt: str) -> StoredMessage:
        for message in self._existing(name):
            if message.id == id_:
                if message.receipt != receipt:
                    raise QueueError(400, "PopReceiptMismatch")
                return message
        raise QueueError(404, "MessageNotFound")


def _now() -> datetime:
    return datetime.now(timezone.utc)
