"""Queue outputs: what a function returns or sets becomes messages."""

import json
from collections.abc import Callable
from typing import Any

from azure.functions.meta import Datum

from functions_emulator.app.functions import Binding, FunctionDefinition
from functions_emulator.triggers.queue_storage import QueueStorage

QueueOf = Callable[[FunctionDefinition, Binding], tuple[str, str]]


class QueueOutput:
    """Writes queue outputs; `queue_of` gives a binding's connection string and queue name."""

    def __init__(self, storage: QueueStorage, queue_of: QueueOf) -> None:
        self._storage = storage
        self._queue_of = queue_of

    async def write(self, function: FunctionDefinition, binding: Binding, data: Datum) -> None:
        """Put the messages of one output on its queue, create the queue if it is missing."""
        connection_string, queue_name = self._queue_of(function, binding)
        client = self._storage.client(connection_string, queue_name)
        for body in message_bodies(data):
            await self._storage.send(client, self._storage.encode(body))


def message_bodies(data: Datum) -> list[bytes]:
    """Return the bodies that the host makes of an output (FunctionBinding.cs, ReadAsEnumerable).

    A list gives a message for each item, and so does a string that holds a JSON list.
    """
    value = data.value
    if isinstance(value, (bytes, bytearray)):
        return [bytes(value)]
    if data.type == "json":
        value = json.loads(value)
        return [_item(item) for item in value] if isinstance(value, list) else [_item(value)]
    if isinstance(value, (list, tuple)):
        return [_item(item) for item in value]
    if isinstance(value, str) and value.startswith("[") and value.rstrip().endswith("]"):
        try:
            return [_item(item) for item in json.loads(value)]
        except ValueError:
            return [value.encode()]
    return [_item(value)]


def _item(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, dict) and value.keys() == {"id", "body"}:
        return str(value["body"]).encode()  # func.QueueMessage, as its converter encodes it.
    return json.dumps(value, indent=2, ensure_ascii=False).encode()
