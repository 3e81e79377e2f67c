"""What the processes of the app print, passed on line by line."""

from __future__ import annotations

import sys

# A line that does not end is passed on in pieces of this size.
_LONGEST_LINE = 1 << 20


class PrintedLines:
    """Print whole lines to standard output as they come."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Take a piece of what was printed."""
        lines, newline, rest = (self._rest + data).rpartition(b"\n")
        if len(rest) > _LONGEST_LINE:
            lines, newline, rest = lines + newline + rest, b"\n", b""
        self._rest = rest
        if newline:
            _print(lines + newline)

    def close(self) -> None:
        """Print a last line that has no end."""
        if self._rest:
            _print(self._rest + b"\n")
            self._rest = b""


def _print(data: bytes) -> None:
    text = data.decode("utf-8", "backslashreplace")
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    # What the terminal has no character for must not stop the host.
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()
