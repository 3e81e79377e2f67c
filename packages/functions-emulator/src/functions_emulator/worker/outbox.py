"""What a worker has to say, written by whichever thread has something to say."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable


class Outbox:
    """Send packed messages in order, several with one write where they come together.

    A write is a system call, which hands the interpreter to another thread: who finds a write
    under way leaves its message to that one, so that nobody waits and there is no thread for it.
    """

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._waiting: deque[bytes] = deque()
        self._writing = threading.Lock()

    def put(self, packed: bytes) -> None:
        """Have a message sent at the next `flush`, whoever makes it."""
        self._waiting.append(packed)

    def send(self, packed: bytes) -> None:
        """Send a message now, and all that came before it."""
        self._waiting.append(packed)
        self.flush()

    def flush(self) -> None:
        """Send what waits, or leave it to a thread that writes now: it looks again afterwards."""
        while self._waiting and self._writing.acquire(blocking=False):
            try:
                pieces = []
                while self._waiting:
                    pieces.append(self._waiting.popleft())
                self._write(pieces[0] if len(pieces) == 1 else b"".join(pieces))
            finally:
                self._writing.release()
