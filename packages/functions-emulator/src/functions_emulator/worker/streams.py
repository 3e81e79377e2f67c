"""The standard streams of a worker process, which are its line to the host."""

from __future__ import annotations

import os
import sys
from typing import BinaryIO


class HostLine:
    """The way to and from the host; `read` blocks, and `write` until all is written."""

    def __init__(self, reading: BinaryIO, descriptor: int) -> None:
        self.reading = reading
        self._descriptor = descriptor

    def write(self, data: bytes) -> None:
        """Write to the host; one that is gone reads no more, and is noticed by the reader."""
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._descriptor, view[:_LARGEST_WRITE]) :]
        except OSError:
            return


# Windows takes no more than this of a pipe at once.
_LARGEST_WRITE = 1 << 24


def take_standard_streams() -> HostLine:
    """Keep standard input and output for the host; what is printed goes to standard error.

    Neither is inherited by processes that the app starts: these read nothing and print to the
    same place as the app.
    """
    reading = os.fdopen(os.dup(0), "rb", buffering=1 << 18)
    writing = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    for stream in (sys.stdout, sys.stderr):
        # A line is passed on when it is complete; a character that has no code stops nothing.
        stream.reconfigure(  # type: ignore[union-attr]
            encoding="utf-8", errors="backslashreplace", line_buffering=True
        )
    return HostLine(reading, writing)
