"""What the tools print: short lines, in colour on a terminal only."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def styled(text: str, style: str, stream: TextIO | None = None) -> str:
    """Return the text in one of the styles when the stream is a terminal, else as it is."""
    stream = stream or sys.stdout
    # https://no-color.org
    if not stream.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\033[{_CODES[style]}m{text}\033[0m"


def say(text: str = "") -> None:
    """Print a line at once, also into a pipe."""
    print(text, flush=True)


def fail(text: str) -> None:
    """Print what went wrong on standard error, in red on a terminal."""
    print(styled(text, "red", sys.stderr), file=sys.stderr, flush=True)


@contextmanager
def progress(label: str) -> Iterator[None]:
    """Show that something takes its time, then how long it took."""
    print(f"{label} ... ", end="", flush=True)
    start = time.monotonic()
    try:
        yield
    except BaseException:
        say()
        raise
    say(styled(f"{time.monotonic() - start:.1f} s", "dim"))
