"""The queue trigger: polls a queue and has each message processed (QueueListener.cs)."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.queue import QueueMessage

from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.app.settings import QueueSettings
from functions_emulator.triggers.backoff import PollingBackoff
from functions_emulator.triggers.invocation import Invoker
from functions_emulator.triggers.queue_message import Lease
from functions_emulator.triggers.queue_processor import QueueProcessor, poison_queue
from functions_emulator.triggers.queue_storage import QueueStorage, one_line

INVISIBILITY = timedelta(minutes=10)
_log = logging.getLogger("functions_emulator.queue")


@dataclass(frozen=True)
class QueueBinding:
    """Where a queue trigger reads: its function, the connection and the resolved queue name."""

    function: FunctionDefinition
    connection_string: str
    queue_name: str


class QueueListener:
    """Serves one queue trigger; `run` until `stop`, then `drain`."""

    def __init__(
        self,
        binding: QueueBinding,
        storage: QueueStorage,
        settings: QueueSettings,
        invoker: Invoker,
        invisibility: timedelta = INVISIBILITY,
    ) -> None:
        self._function_name = binding.function.name
        self._queue = storage.client(binding.connection_string, binding.queue_name)
        poison = poison_queue(storage, binding.connection_string, binding.queue_name)
        self._processor = QueueProcessor(
            binding.function, binding.queue_name, poison, storage, settings, invoker
        )
        self._settings = settings
        self._invisibility = invisibility
        self._backoff = PollingBackoff(settings.max_polling_interval.total_seconds())
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._ended = asyncio.Event()
        self._stop = asyncio.Event()
        self._reachable: bool | None = None
        self._leases: dict[asyncio.Task[None], Lease] = {}
        storage.watch(binding.queue_name, self._wake.set)

    @property
    def queue_name(self) -> str:
        return self._queue.queue_name

    async def has_messages(self) -> bool:
        """Tell whether the queue holds messages, those included that are being processed."""
        try:
            properties: Any = await self._queue.get_queue_properties()
        except AzureError:  # missing, or out of reach, which the polling has logged
            return False
        return bool(properties.approximate_message_count)

    async def run(self) -> None:
        """Poll until stopped; storage trouble is logged once and waited out."""
        found = False
        try:
            while not self._stop.is_set():
                leases = [self._lease(message) for message in await self._receive()]
                if self._stop.is_set():
                    await asyncio.gather(*(lease.release(timedelta(0)) for lease in leases))
                elif leases:
                    found = True
                    for lease in leases:
                        self._start(lease)
                    await self._wait_for_room()
                else:
                    await self._wait(self._backoff.next_delay(found))
                    found = False
        finally:
            self._ended.set()

    def stop(self) -> None:
        """Take no more messages; those already taken go on."""
        self._stop.set()
        self._wake.set()
        self._room.set()

    async def drain(self, seconds: float) -> None:
        """Wait for running functions; after `seconds` hand their messages back to the queue."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._ended.wait(), max(seconds, 0.1))
        if self._leases:
            await asyncio.wait(self._leases, timeout=seconds)
        abandoned = [lease.release(timedelta(0)) for lease in self._leases.values()]
        for task in self._leases:
            task.cancel()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.gather(*abandoned, return_exceptions=True), 0.5)

    async def _receive(self) -> list[QueueMessage]:
        try:
            messages = await self._first_page()
        except ResourceNotFoundError:
            messages = []  # A missing queue is an empty one: the extension does not create it.
        except AzureError as error:
            self._note_unreachable(error)
            return []
        if self._reachable is False:
            _log.info("Storage answers again; '%s' is being polled.", self._queue.queue_name)
        self._reachable = True
        return messages

    async def _first_page(self) -> list[QueueMessage]:
        pages: Any = self._queue.receive_messages(
            messages_per_page=self._settings.batch_size,
            visibility_timeout=int(self._invisibility.total_seconds()),
        ).by_page()
        async for page in pages:
            return [message async for message in page]
        return []

    def _note_unreachable(self, error: AzureError) -> None:
        if self._reachable is not False:
            _log.warning(
                "Queue '%s' of function %s cannot be polled: %s. Is Azurite or the storage account "
                "of its connection running? Trying again until it answers.",
                self._queue.queue_name,
                self._function_name,
                one_line(error),
            )
        self._reachable = False

    def _lease(self, message: QueueMessage) -> Lease:
        return Lease(self._queue, message, self._invisibility)

    def _start(self, lease: Lease) -> None:
        task = asyncio.create_task(self._processor.process(lease))
        self._leases[task] = lease
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._leases.pop(task, None)
        self._room.set()
        if not task.cancelled() and task.exception() is not None:
            _log.error("A queue message could not be completed: %s", task.exception())

    async def _wait_for_room(self) -> None:
        while len(self._leases) > self._settings.new_batch_threshold and not self._stop.is_set():
            self._room.clear()
            await self._room.wait()

    async def _wait(self, seconds: float) -> None:
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)
        if not self._stop.is_set():
            self._wake.clear()
