"""The app's queue and its poison queue as a sender and an operator see them."""

import base64
from typing import Any

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueClient

from tools.event_queue import QUEUE, notification


class EventQueue:
    """The event queue of one storage account; made if it does not exist yet."""

    def __init__(self, storage: str) -> None:
        self._queue = QueueClient.from_connection_string(storage, QUEUE)
        self._poison = QueueClient.from_connection_string(storage, f"{QUEUE}-poison")
        try:
            self._queue.create_queue()
        except ResourceExistsError:
            pass

    def send(self, order_id: str, name: str = "Proceed", data: Any = None) -> str:
        """Send a NotificationInfo as the contract asks for it; return its text."""
        text = notification(order_id, name, data)
        self.send_body(text.encode())
        return text

    def send_body(self, body: bytes) -> str:
        """Send bytes as a message, base64; return the message's id."""
        return self.send_raw(base64.b64encode(body).decode())

    def send_raw(self, text: str) -> str:
        """Send a text as a message, as it is; return the message's id."""
        return str(self._queue.send_message(text).id)

    def send_raw_poison(self, text: str) -> None:
        """Put a text on the poison queue as it is; make the queue if it is not there yet."""
        try:
            self._poison.create_queue()
        except ResourceExistsError:
            pass
        self._poison.send_message(text)

    def messages(self) -> int:
        """Return how many messages are there, also those that a function works on."""
        return self._queue.get_queue_properties().approximate_message_count or 0

    def poison(self) -> list[str]:
        """Return the bodies in the poison queue (32 at most), decoded where they are base64."""
        try:
            return [readable(m.content) for m in self._poison.peek_messages(max_messages=32)]
        except ResourceNotFoundError:
            return []

    def clear_poison(self) -> None:
        """Remove all that lies in the poison queue."""
        try:
            self._poison.clear_messages()
        except ResourceNotFoundError:
            pass

    def close(self) -> None:
        self._queue.close()
        self._poison.close()


def readable(content: str) -> str:
    """Return what base64 stands for, or the text itself when it is none."""
    try:
        return base64.b64decode(content, validate=True).decode()
    except ValueError:
        return content
