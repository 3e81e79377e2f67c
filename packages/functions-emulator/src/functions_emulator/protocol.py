"""What the host and a worker process say to each other over the worker's own pipes.

A message is a tuple of plain values whose first item is its kind; on the wire it is its length
and then marshal's bytes. Both ends run the same interpreter, and marshal makes plain values only:
nothing that an app returns can have the host import the app's code.

To the worker:
    (START, settings)                    once, before anything else
    (CALL, number, name, trigger, metadata, client, invocation_id, instance_id,
           origin)
    (TICK, number)                       comes back as PONG through the loop of async functions
    (WHERE,)                             comes back as PLACE
    (STOP,)
To the host:
    (READY, functions) or (FAILED, message, details)     once the app is loaded, or is not
    (RESULT, number, outputs) or (ERROR, number, type, message, traceback)
    (LOG, logger, level, seconds, text, scope)
    (PONG, number)
    (PLACE, text)
"""

from __future__ import annotations

import marshal
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

Message = tuple[Any, ...]

START, CALL, TICK, WHERE, STOP = range(1, 6)
READY, FAILED, RESULT, ERROR, LOG, PONG, PLACE = range(11, 18)

_LENGTH = struct.Struct("!I")
# Without references to what came before: they cost more than they save.
_MARSHAL_VERSION = 2


def pack(message: Message) -> bytes:
    """Write a message; ValueError if a value in it is not plain or it is too large."""
    body = marshal.dumps(message, _MARSHAL_VERSION)
    try:
        return _LENGTH.pack(len(body)) + body
    except struct.error:
        raise ValueError(f"{len(body)} bytes are too many") from None


class Unpacker:
    """Reads messages out of pieces of a stream, wherever they were cut."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Take a piece of the stream; give the messages that it completes."""
        buffer = self._buffer
        buffer += data
        start = 0
        try:
            while len(buffer) - start >= _LENGTH.size:
                (length,) = _LENGTH.unpack_from(buffer, start)
                end = start + _LENGTH.size + length
                if end > len(buffer):
                    break
                with memoryview(buffer) as view:
                    message: Message = marshal.loads(view[start + _LENGTH.size : end])
                start = end
                yield message
        finally:
            del buffer[:start]


def read(stream: BinaryIO) -> Message | None:
    """Read the next message of a blocking stream; None at its end."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    body = stream.read(length)
    if len(body) < length:
        return None
    message: Message = marshal.loads(body)
    return message
