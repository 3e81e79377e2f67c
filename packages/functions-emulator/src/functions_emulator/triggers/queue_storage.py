"""Storage queues, as the triggers and outputs of one host share them."""

import asyncio
import base64
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue.aio import QueueClient, QueueServiceClient

# Old enough for every Azurite that people have, new enough for all that is used here.
API_VERSION = "2021-12-02"
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_WHITESPACE = str.maketrans("", "", " \t\r\n")

# azure-core describes every request and answer at INFO: a line a second per idle queue.
logging.getLogger("azure.core.pipeline.policies.http_logging_policy").setLevel(logging.WARNING)


class QueueStorage:
    """Queue clients, one connection pool for each storage account, and wake-ups for listeners."""

    def __init__(self, message_encoding: str = "base64") -> None:
        self._base64 = message_encoding == "base64"
        self._services: dict[str, QueueServiceClient] = {}
        self._watchers: dict[str, list[Callable[[], None]]] = {}

    def client(self, connection_string: str, queue_name: str) -> QueueClient:
        """Return a client for a queue; it does not retry by itself and does not decode."""
        service = self._services.get(connection_string)
        if service is None:
            service = QueueServiceClient.from_connection_string(
                connection_string,
                api_version=API_VERSION,
                retry_total=0,
                connection_timeout=5,
                read_timeout=30,
            )
            self._services[connection_string] = service
        return service.get_queue_client(queue_name)

    def watch(self, queue_name: str, wake: Callable[[], None]) -> None:
        """Call `wake` whenever this host puts a message on the queue (SharedQueueWatcher.cs)."""
        self._watchers.setdefault(queue_name, []).append(wake)

    async def send(self, client: QueueClient, raw_text: str) -> None:
        """Put a message on a queue as it is, create the queue if it is missing."""
        try:
            await client.send_message(raw_text)
        except ResourceNotFoundError:
            with suppress(ResourceExistsError):
                await client.create_queue()
            await client.send_message(raw_text)
        for wake in self._watchers.get(client.queue_name, ()):
            wake()

    def encode(self, body: bytes) -> str:
        """Return the text that stands for a body on the wire, after messageEncoding."""
        return base64.b64encode(body).decode("ascii") if self._base64 else body.decode("utf-8")

    def decode(self, raw_text: str) -> bytes:
        """Return a message's body; raise ValueError if it does not fit messageEncoding."""
        if not self._base64:
            return raw_text.encode("utf-8")
        text = raw_text.translate(_WHITESPACE)
        if _BASE64.fullmatch(text) is None:  # Python's decoders are more lenient, each its way.
            raise ValueError("not base64")
        return base64.b64decode(text)

    async def close(self) -> None:
        """Close the connections."""
        for service in self._services.values():
            await service.close()


async def persist(
    action: Callable[[], Awaitable[Any]], what: str, log: logging.Logger, patience: float = 60.0
) -> bool:
    """Repeat a storage request for up to `patience` seconds; tell whether it succeeded.

    A 404 counts as done: the message or the queue is gone. Logs the first failure and the last.
    """
    delay, waited = 0.2, 0.0
    while True:
        try:
            await action()
            return True
        except ResourceNotFoundError:
            return True
        except AzureError as error:
            if waited == 0.0:
                log.warning("%s failed: %s. Trying again.", what, one_line(error))
            if waited >= patience:
                log.error("%s failed for %d s; given up.", what, waited)
                return False
        await asyncio.sleep(delay)
        waited += delay
        delay = min(delay * 2, 5.0)


def one_line(error: BaseException) -> str:
    """Return the first line of an error's text, with its type if it has none."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
