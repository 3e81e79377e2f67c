"""Queue triggers on Azurite, with small functions and no host around them."""

import asyncio
import base64
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient, QueueServiceClient

from functions_emulator.app.functions import Binding, FunctionDefinition
from functions_emulator.app.settings import QueueSettings
from functions_emulator.pool.in_process import InProcess
from functions_emulator.triggers.invocation import Invoker
from functions_emulator.triggers.queue import QueueBinding, QueueListener
from functions_emulator.triggers.queue_output import QueueOutput
from functions_emulator.triggers.queue_storage import API_VERSION, QueueStorage

FAST = QueueSettings(
    max_polling_interval=timedelta(seconds=0.2), new_batch_threshold=8, max_dequeue_count=3
)


@dataclass
class Queues:
    """The queues of one storage account, seen from outside."""

    connection_string: str
    _service: QueueServiceClient = field(init=False)

    def __post_init__(self) -> None:
        self._service = QueueServiceClient.from_connection_string(
            self.connection_string, api_version=API_VERSION
        )

    def client(self, name: str) -> QueueClient:
        return self._service.get_queue_client(name)

    def create(self, name: str) -> None:
        self.client(name).create_queue()

    def send(self, name: str, *texts: str) -> None:
        """Send messages as every right sender does, in base64."""
        for text in texts:
            self.send_raw(name, base64.b64encode(text.encode()).decode())

    def send_raw(self, name: str, text: str) -> None:
        self.client(name).send_message(text)

    def count(self, name: str) -> int:
        """Return how many messages there are, invisible ones included; -1 without a queue."""
        try:
            return int(self.client(name).get_queue_properties().approximate_message_count or 0)
        except ResourceNotFoundError:
            return -1

    def peek(self, name: str) -> list[str]:
        try:
            return [message.content for message in self.client(name).peek_messages(32)]
        except ResourceNotFoundError:
            return []

    def close(self) -> None:
        self._service.close()


@pytest.fixture
def queues(storage: str) -> Iterator[Queues]:
    queues = Queues(storage)
    yield queues
    queues.close()


def queue_function(
    code: Callable[..., Any], name: str = "Work", bindings: tuple[Binding, ...] = ()
) -> FunctionDefinition:
    """Make a function that gets each message as func.QueueMessage in `msg`."""
    return FunctionDefinition(
        name,
        code,
        Binding("msg", "queueTrigger", "in"),
        bindings,
        is_async=asyncio.iscoroutinefunction(code),
        converters={"msg": "queueTrigger"},
    )


@dataclass
class Running:
    """A listener at work."""

    listener: QueueListener
    invoker: Invoker
    storage: QueueStorage
    polling: asyncio.Task[None]

    async def stop(self, seconds: float = 5) -> None:
        self.listener.stop()
        await asyncio.wait_for(self.polling, 10)
        await self.listener.drain(seconds)


@asynccontextmanager
async def listening(
    connection_string: str,
    function: FunctionDefinition,
    queue: str = "work",
    settings: QueueSettings = FAST,
    invisibility: timedelta = timedelta(minutes=10),
) -> AsyncIterator[Running]:
    """Run a listener for a function; all is stopped at the end."""
    storage = QueueStorage(settings.message_encoding)
    output = QueueOutput(
        storage, lambda function, binding: (connection_string, binding.properties["queueName"])
    )
    async with InProcess([function]) as workers:
        invoker = Invoker(workers, output.write)
        binding = QueueBinding(function, connection_string, queue)
        listener = QueueListener(binding, storage, settings, invoker, invisibility)
        running = Running(listener, invoker, storage, asyncio.create_task(listener.run()))
        try:
            yield running
        finally:
            await running.stop(0)
            await storage.close()


class Switch:
    """A TCP port in front of the queue service that can be switched off and on."""

    def __init__(self, connection_string: str) -> None:
        found = re.search(r"QueueEndpoint=http://([\d.]+):(\d+)", connection_string)
        assert found is not None
        self._target = found[1], int(found[2])
        self._behind = connection_string
        self._server: asyncio.Server | None = None
        self._port = 0
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def connection_string(self) -> str:
        behind = f"{self._target[0]}:{self._target[1]}"
        return self._behind.replace(behind, f"127.0.0.1:{self._port}")

    async def on(self) -> None:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def off(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._open:
            writer.close()
        await self._server.wait_closed()

    async def __aenter__(self) -> "Switch":
        await self.on()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.off()
        while self._open:  # Those of connections that came last are closed here.
            for writer in self._open:
                writer.close()
            await asyncio.sleep(0.01)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None or not self._server.is_serving():
            # It was being accepted when this was switched off, and is not among the open ones.
            await _close(writer)
            return
        # Open from the start, so that nobody ends while the other side is being connected.
        self._open.add(writer)
        try:
            with suppress(OSError):
                upstream_reader, upstream_writer = await asyncio.open_connection(*self._target)
                self._open.add(upstream_writer)
                try:
                    await asyncio.gather(
                        _copy(reader, upstream_writer), _copy(upstream_reader, writer)
                    )
                finally:
                    await _close(upstream_writer)
                    self._open.discard(upstream_writer)
        finally:
            await _close(writer)
            self._open.discard(writer)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until a condition holds; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < deadline, "it did not come"
        await asyncio.sleep(0.02)


def run(coroutine: Coroutine[Any, Any, None] | Awaitable[None]) -> None:
    async def main() -> None:
        await coroutine

    asyncio.run(main())
