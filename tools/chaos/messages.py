"""The event queue and its poison queue, for a sender who does not give up."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Collection
from typing import Any

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueClient, TextBase64DecodePolicy, TextBase64EncodePolicy

from tools.audit.record import Record
from tools.chaos.armed import Armed
from tools.chaos.journal import Journal
from tools.event_queue import POISON_QUEUE, QUEUE, notification
from tools.processes import ToolError

PATIENCE = 120.0
DELAY_SECONDS = 4
_OPTIONS: dict[str, Any] = {"retry_total": 0, "connection_timeout": 5, "read_timeout": 10}


class Messages:
    """Both queues, past the proxy; armed faults of `message` happen here. Safe to share.

    A message that is to be overtaken is held back until two others were sent, or `flush`.
    """

    def __init__(self, connection: str, armed: Armed, journal: Journal) -> None:
        self.sent = 0
        self.replayed = 0
        self._armed = armed
        self._journal = journal
        self._held: list[tuple[int, str, str, Record]] = []
        self._lock = threading.Lock()
        self._events, self._poison = (
            QueueClient.from_connection_string(
                connection,
                name,
                message_encode_policy=TextBase64EncodePolicy(),
                message_decode_policy=TextBase64DecodePolicy(),
                **_OPTIONS,
            )
            for name in (QUEUE, POISON_QUEUE)
        )
        try:
            self._events.create_queue()
        except ResourceExistsError:
            pass

    def send(self, order_id: str, event_name: str, record: Record) -> None:
        """Send an event, with whatever fault it meets; the record learns of each message."""
        text = notification(order_id, event_name, {"number": uuid.uuid4().hex})
        fault = self._armed.take("message")
        kind = fault.kind if fault is not None else ""
        if kind == "message-reordered":
            with self._lock:
                self._held.append((self.sent + 2, order_id, text, record))
        else:
            self._put(text, record, DELAY_SECONDS if kind == "message-delayed" else 0)
            if kind == "message-doubled":
                self._put(text, record)
            if kind:
                self._journal.note(kind, [order_id], event_name)
        self._send_held()

    def flush(self) -> None:
        """Send what is held back."""
        self._send_held(everything=True)

    def replay_poison(self, record: Record, gone: Collection[str]) -> None:
        """Send again what is in the poison queue, as an operator does.

        Messages for orders that were purged are removed: nobody will ever take them.
        """
        try:
            for message in self._poison.receive_messages(visibility_timeout=30):
                record.poison.append(message.content)
                if json.loads(message.content).get("instanceID") not in gone:
                    self._put(message.content, record)
                    self.replayed += 1
                self._poison.delete_message(message)
        except ResourceNotFoundError:
            pass

    def length(self) -> int:
        """Return how many events are there, also those that are being worked on."""
        return self._events.get_queue_properties().approximate_message_count or 0

    def close(self) -> None:
        """Close the connections."""
        self._events.close()
        self._poison.close()

    def _send_held(self, everything: bool = False) -> None:
        with self._lock:
            due = [held for held in self._held if everything or held[0] <= self.sent]
            self._held = [held for held in self._held if held not in due]
        for _, order_id, text, record in due:
            self._put(text, record)
            if not everything:
                self._journal.note("message-reordered", [order_id])

    def _put(self, text: str, record: Record, delay: int = 0) -> None:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                message = self._events.send_message(text, visibility_timeout=delay)
                break
            except AzureError as error:
                if time.monotonic() > end:
                    raise ToolError(f"The queue takes no message: {error}") from error
            time.sleep(0.2)
        with self._lock:
            self.sent += 1
            record.sent[str(message.id)] = text
