"""One message that a queue trigger has taken: what the function sees of it, and its lease."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.functions.meta import Datum
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

from functions_emulator.triggers.queue_storage import one_line

_END_OF_TIME = datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)


def message_metadata(message: QueueMessage, text: str | None) -> dict[str, Datum]:
    """Return the trigger metadata of QueueTriggerBinding.cs."""
    now = datetime.now(timezone.utc)
    metadata = {
        "Id": Datum(message.id, "string"),
        "DequeueCount": Datum(message.dequeue_count or 0, "int"),
        "PopReceipt": Datum(message.pop_receipt, "string"),
        "ExpirationTime": _time(message.expires_on or _END_OF_TIME),
        "InsertionTime": _time(message.inserted_on or now),
        "NextVisibleTime": _time(message.next_visible_on or _END_OF_TIME),
    }
    if text is not None:
        metadata["QueueTrigger"] = Datum(text, "string")
    return metadata


def _time(moment: datetime) -> Datum:
    return Datum(moment.strftime("%Y-%m-%dT%H:%M:%S+00:00"), "string")


class Lease:
    """Keeps a message invisible while its function runs.

    `invisibility` is how long a message stays invisible when it is taken and at each renewal,
    which comes at half of it, sooner after a failed one (UpdateQueueMessageVisibilityCommand.cs).
    """

    def __init__(self, client: QueueClient, message: QueueMessage, invisibility: timedelta) -> None:
        self.message = message
        self._client = client
        self._id = message.id
        self._pop_receipt = message.pop_receipt
        self._invisibility = invisibility
        self._log = logging.getLogger("functions_emulator.queue")
        self.lost = False
        self.served = asyncio.Event()

    async def keep(self) -> None:
        """Renew until `served` is set or somebody else has the message.

        It is not to be cancelled: a renewal that has reached the storage changes the receipt
        without which the message cannot be deleted.
        """
        normal = self._invisibility.total_seconds() / 2
        delay = normal
        while not self.lost:
            if await self._served_within(delay):
                return
            try:
                await self._update(self._invisibility)
                delay = normal
            except AzureError as error:
                delay = max(delay / 2, min(normal / 4, 60.0))
                self._log.warning(
                    "Message %s could not be kept invisible: %s", self._id, one_line(error)
                )
        self._log.warning("Message %s was taken over or deleted while it was served.", self._id)

    async def _served_within(self, seconds: float) -> bool:
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.served.wait(), seconds)
        return self.served.is_set()

    async def release(self, delay: timedelta) -> None:
        """Make the message visible again after `delay`."""
        await self._unless_lost(lambda: self._update(delay))

    async def delete(self) -> None:
        """Delete the message."""
        await self._unless_lost(
            lambda: self._client.delete_message(self._id, pop_receipt=self._pop_receipt)
        )

    async def _update(self, visibility: timedelta) -> None:
        updated = await self._unless_lost(
            lambda: self._client.update_message(
                self._id,
                pop_receipt=self._pop_receipt,
                visibility_timeout=int(visibility.total_seconds()),
            )
        )
        if updated is not None:
            self._pop_receipt = updated.pop_receipt

    async def _unless_lost(self, action: Callable[[], Awaitable[Any]]) -> Any:
        """Run a request on the message; note it when the message is no longer ours.

        That is no error: whoever has it now will complete it (QueueProcessor.cs).
        """
        if self.lost:
            return None
        try:
            return await action()
        except ResourceNotFoundError:
            self.lost = True
        except HttpResponseError as error:
            if getattr(error, "error_code", None) != "PopReceiptMismatch":
                raise
            self.lost = True
        return None
