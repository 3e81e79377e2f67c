"""Storage queues as a test sees them: put messages in, look at what came out."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from functions_emulator.testing.errors import FunctionsError
from functions_emulator.testing.waiting import until

# A failure is shown where the test is, not here.
__tracebackhide__ = True

POISON = "-poison"


class QueueMessage:
    """Hold a message's body: `content`, `text`, `json()`."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    @property
    def text(self) -> str:
        """Give the body as text."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """Give the body as JSON."""
        return json.loads(self.content)

    def __repr__(self) -> str:
        return f"QueueMessage({self.text!r})"


class Queue:
    """One queue, in the encoding that the app's host.json says.

    `open_client` gives the client of a queue by its name, an azure.storage.queue.QueueClient.
    """

    def __init__(self, name: str, open_client: Callable[[str], Any], is_base64: bool) -> None:
        self.name = name
        self._open = open_client
        self._client = open_client(name)
        self._is_base64 = is_base64

    def put(self, body: Any) -> Queue:
        """Put a message; text and bytes go as they are, anything else as JSON."""
        if isinstance(body, str):
            content = body.encode()
        else:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.put_raw(
            base64.b64encode(content).decode() if self._is_base64 else content.decode()
        )

    def put_raw(self, text: str) -> Queue:
        """Put a message as it is on the wire, whatever encoding the app expects."""
        from azure.core.exceptions import ResourceNotFoundError

        try:
            self._client.send_message(text)
        except ResourceNotFoundError:
            self._client.create_queue()
            self._client.send_message(text)
        return self

    def messages(self) -> list[QueueMessage]:
        """Look at the first messages, at most 32; they stay in the queue."""
        from azure.core.exceptions import ResourceNotFoundError

        try:
            found = self._client.peek_messages(max_messages=32)
        except ResourceNotFoundError:
            return []
        return [QueueMessage(self._decoded(message.content)) for message in found]

    def poison(self) -> list[QueueMessage]:
        """Look at the messages that the app failed at for good."""
        return Queue(self.name + POISON, self._open, self._is_base64).messages()

    def wait(self, count: int = 1, timeout: float = 10) -> list[QueueMessage]:
        """Wait until that many messages are there, and give them."""
        found: list[QueueMessage] = []

        def enough() -> bool:
            found[:] = self.messages()
            return len(found) >= count

        if not until(enough, timeout):
            raise FunctionsError(
                f"queue {self.name!r} has {len(found)} messages, not {count}, after {timeout:g} s: "
                f"{found}"
            )
        return found

    def wait_until_empty(self, timeout: float = 10) -> None:
        """Wait until the app has taken every message and is done with it."""
        from azure.core.exceptions import ResourceNotFoundError

        count = 0

        def empty() -> bool:
            nonlocal count
            try:
                count = self._client.get_queue_properties().approximate_message_count
            except ResourceNotFoundError:
                count = 0
            return count == 0

        if not until(empty, timeout):
            raise FunctionsError(
                f"queue {self.name!r} still has {count} messages after {timeout:g} s; those that a "
                "function failed at come again, and end in the poison queue"
            )

    def _decoded(self, text: str) -> bytes:
        if not self._is_base64:
            return text.encode()
        try:
            return base64.b64decode(text, validate=True)
        except ValueError:  # put by somebody who does not encode
            return text.encode()
