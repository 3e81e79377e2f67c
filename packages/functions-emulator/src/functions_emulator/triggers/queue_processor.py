"""What becomes of one queue message: its function's run, then deletion, release or poison.

As QueueProcessor.cs of the Storage extension.
"""

import asyncio
import logging
from dataclasses import dataclass

from azure.functions.meta import Datum
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.app.settings import QueueSettings
from functions_emulator.triggers.invocation import Invoker
from functions_emulator.triggers.queue_message import Lease, message_metadata
from functions_emulator.triggers.queue_storage import QueueStorage, persist

_POISON = "-poison"
_LONGEST_QUEUE_NAME = 63
_BINARY = (2, "binary", "BINARY")
_log = logging.getLogger("functions_emulator.queue")


def poison_queue(
    storage: QueueStorage, connection_string: str, queue_name: str
) -> QueueClient | None:
    """Return `<queue>-poison`; None for a poison queue itself and for too long a name."""
    name = queue_name + _POISON
    if queue_name.endswith(_POISON) or len(name) > _LONGEST_QUEUE_NAME:
        return None
    return storage.client(connection_string, name)


@dataclass(frozen=True)
class QueueProcessor:
    """Processes the messages of one queue trigger."""

    function: FunctionDefinition
    queue_name: str
    poison: QueueClient | None
    storage: QueueStorage
    settings: QueueSettings
    invoker: Invoker

    async def process(self, lease: Lease) -> None:
        """Run the function for a message and complete it as the run ended."""
        message = lease.message
        if (message.dequeue_count or 0) > self.settings.max_dequeue_count:
            return await self._move_to_poison(lease)
        try:
            body = self.storage.decode(message.content)
        except ValueError:
            # QueueServiceClientProvider.cs: poison at once, with its text as it came.
            _log.warning(
                "Message decoding has failed! Check MessageEncoding settings. MessageId=%s. Queue "
                "'%s' expects %s text.",
                message.id,
                self.queue_name,
                self.settings.message_encoding,
            )
            return await self._move_to_poison(lease)
        keeping = asyncio.create_task(lease.keep())
        try:
            succeeded = await self._invoke(message, body)
        finally:
            lease.served.set()
            await keeping
        if succeeded:
            await persist(lease.delete, f"Deleting message {message.id}", _log)
        else:
            await self._fail(lease)

    async def _invoke(self, message: QueueMessage, body: bytes) -> bool:
        text = _text(body)
        if self.function.trigger.properties.get("dataType") in _BINARY:
            trigger = Datum(body, "bytes")
        elif text is not None:
            trigger = Datum(text, "string")
        else:
            _log.error(
                "Function %s is not called: message %s is not UTF-8 text.",
                self.function.name,
                message.id,
            )
            return False
        outcome = await self.invoker.invoke(
            self.function,
            trigger,
            message_metadata(message, text),
            f"New queue message detected on '{self.queue_name}'.",
            f"MessageId: {message.id}, DequeueCount: {message.dequeue_count}, "
            f"InsertedOn: {message.inserted_on}",
        )
        return outcome.succeeded

    async def _fail(self, lease: Lease) -> None:
        if self.poison is None:
            return  # Left invisible: without a poison queue it would spin.
        if (lease.message.dequeue_count or 0) >= self.settings.max_dequeue_count:
            return await self._move_to_poison(lease)
        delay = self.settings.visibility_timeout
        what = f"Releasing message {lease.message.id}"
        await persist(lambda: lease.release(delay), what, _log)

    async def _move_to_poison(self, lease: Lease) -> None:
        poison, message = self.poison, lease.message
        if poison is None:
            return
        _log.warning(
            "Message has reached MaxDequeueCount of %d. Moving message to queue '%s'.",
            self.settings.max_dequeue_count,
            poison.queue_name,
        )
        what = f"Poisoning message {message.id}"
        if await persist(lambda: self.storage.send(poison, message.content), what, _log):
            await persist(lease.delete, f"Deleting message {message.id}", _log)


def _text(body: bytes) -> str | None:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None
