"""The event queue and its poison queue, for somebody who does not give up."""

from __future__ import annotations

import time
import uuid
from typing import Any

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueClient, TextBase64DecodePolicy, TextBase64EncodePolicy

from tools.event_queue import QUEUE, notification
from tools.processes import ToolError

_OPTIONS: dict[str, Any] = {"retry_total": 0, "connection_timeout": 5, "read_timeout": 10}


class Queue:
    """Both queues of one storage account, past any proxy; safe to share between threads."""

    def __init__(self, connection: str) -> None:
        self._events, self._poison = (
            QueueClient.from_connection_string(
                connection,
                name,
                message_encode_policy=TextBase64EncodePolicy(),
                message_decode_policy=TextBase64DecodePolicy(),
                **_OPTIONS,
            )
            for name in (QUEUE, f"{QUEUE}-poison")
        )
        try:
            self._events.create_queue()
        except ResourceExistsError:
            pass

    def send(self, order_id: str, event_name: str, patience: float) -> tuple[str, str]:
        """Send an event until it is taken; return the message's id and text."""
        text = notification(order_id, event_name, {"number": uuid.uuid4().hex})
        end = time.monotonic() + patience
        while True:
            try:
                return str(self._events.send_message(text).id), text
            except AzureError as error:
                if time.monotonic() > end:
                    raise ToolError(f"The queue takes no message: {error}") from error
            time.sleep(0.2)

    def replay_poison(self) -> dict[str, str]:
        """Send again what is in the poison queue, as an operator does; return it by new id."""
        sent: dict[str, str] = {}
        try:
            for message in self._poison.receive_messages(visibility_timeout=30):
                sent[str(self._events.send_message(message.content).id)] = message.content
                self._poison.delete_message(message)
        except ResourceNotFoundError:
            pass
        return sent

    def length(self) -> int:
        """Return how many events are there, also those that are being worked on."""
        return self._events.get_queue_properties().approximate_message_count or 0

    def close(self) -> None:
        """Close the connections."""
        self._events.close()
        self._poison.close()
