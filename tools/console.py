"""What the tools print: short lines, in colour on a terminal only."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

# Seconds that something may take before a person wants to know that it still goes on.
PATIENCE = 0.5
# Into a pipe go whole lines.
_ANY_WIDTH = 10_000


def console(stream: TextIO | None = None) -> Console:
    """Return rich's console for a stream, standard output by default.

    It interprets nothing in what it prints. Where the stream is no terminal it has no colour,
    whatever FORCE_COLOR says, and any width; it has no colour either where NO_COLOR is set
    (https://no-color.org).
    """
    stream = stream or sys.stdout
    terminal = stream.isatty()
    plain = not terminal or bool(os.environ.get("NO_COLOR"))
    return Console(
        file=stream,
        force_terminal=terminal,
        width=None if terminal else _ANY_WIDTH,
        color_system=None if plain else "auto",
        highlight=False,
        markup=False,
        emoji=False,
    )


def styled(text: str, style: str, stream: TextIO | None = None) -> str:
    """Return the text in a style, such as `bold` or `red`, where the stream shows any."""
    target = console(stream)
    with target.capture() as captured:
        target.print(Text(text, style), end="", soft_wrap=True)
    return captured.get()


def say(text: str = "") -> None:
    """Print a line at once, also into a pipe."""
    print(text, flush=True)


def fail(text: str) -> None:
    """Print what went wrong on standard error, in red on a terminal."""
    print(styled(text, "red", sys.stderr), file=sys.stderr, flush=True)


@contextmanager
def progress(label: str) -> Iterator[None]:
    """Show that something goes on, with a running clock on a terminal, then how long it took."""
    screen = console()
    start = time.monotonic()
    if screen.is_terminal:
        columns = (TextColumn("{task.description} ..."), TimeElapsedColumn(), SpinnerColumn())
        with Progress(*columns, console=screen, transient=True) as shown:
            shown.add_task(label.replace("[", "\\["), total=None)
            yield
        say(f"{label} ... {styled(f'{time.monotonic() - start:.1f} s', 'dim')}")
        return
    print(f"{label} ... ", end="", flush=True)
    try:
        yield
    except BaseException:
        print(flush=True)
        raise
    say(f"{time.monotonic() - start:.1f} s")


@contextmanager
def working(label: str) -> Iterator[None]:
    """Show on a terminal, not in a pipe, that something goes on; nothing if it is quick."""
    screen = console(sys.stderr)
    if not screen.is_terminal:
        yield
        return
    status = screen.status(Text(f"{label} ..."))
    timer = threading.Timer(PATIENCE, status.start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        status.stop()


def printable(text: str) -> str:
    """Return a text of others on one line, without what would move the cursor."""
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )
