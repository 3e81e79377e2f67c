"""Processes that never outlive the tool that started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import IO

SUPERVISOR = Path(__file__).with_name("supervisor.py")


class ToolError(Exception):
    """A failure whose text tells a person what to do next, and the exit code that it asks for."""

    exit_code = 1


class WrongUsage(ToolError):
    """What was asked for makes no sense; nothing was done."""

    exit_code = 2


class NoAnswer(ToolError):
    """The app or its storage does not answer, or not as it should; it may later."""

    exit_code = 4


class Interrupted(KeyboardInterrupt):
    """A signal that ends the tool, as Ctrl-C does; `exit_code` is the one that is customary."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit_code = 128 + number


class ProcessGroup:
    """A command in a session of its own, with everything that it starts.

    `output` is a file path, or None to share this process's standard output. Errors go there as
    well: where nobody reads the output any more, nobody wants to read that this failed.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        directory: Path,
        output: Path | None = None,
    ) -> None:
        self.output = output
        stream: IO[bytes] | None = output.open("ab") if output else None
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", str(SUPERVISOR), *command],
                env=dict(environment),
                cwd=directory,
                stdin=subprocess.PIPE,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        finally:
            if stream:
                stream.close()

    @property
    def group_id(self) -> int:
        """The id of the process group, which is that of its first process: the supervisor."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None while the command runs."""
        return self._process.poll()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the command ends; answer whether it did within `seconds`."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.returncode is not None

    def text(self) -> str:
        """All that the command has printed, when it prints to a file."""
        return self.output.read_text(errors="replace") if self.output else ""

    def stop(self, patience: float = 10.0) -> None:
        """End the group: SIGINT, after `patience` seconds SIGTERM, then SIGKILL."""
        self._signal(signal.SIGINT)
        if not self.wait(patience):
            self._signal(signal.SIGTERM)
            self.wait(3.0)
        self.kill()

    def kill(self) -> None:
        """End the group at once with SIGKILL."""
        self._signal(signal.SIGKILL)
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


def ending(exit_code: int | None) -> str:
    """Return in words how a process ended, by its exit code or that of its supervisor."""
    if exit_code is None:
        return "has not ended"
    number = -exit_code if exit_code < 0 else exit_code - 128
    try:
        name = signal.Signals(number).name
    except ValueError:
        return f"ended by itself with exit code {exit_code}"
    return f"was ended by the signal {name} ({number})"


def wait_until(condition: Callable[[], bool], seconds: float, interval: float = 0.05) -> bool:
    """Poll until the condition holds; answer False when `seconds` have passed before."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(interval)
    return True


@contextmanager
def interruptible() -> Iterator[None]:
    """Make SIGTERM and SIGHUP unwind the stack as Ctrl-C does, so that `with` blocks clean up.

    SIGINT too: a shell starts background jobs with it ignored.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise Interrupted(number)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    previous = [signal.signal(number, interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, previous, strict=True):
            signal.signal(number, handler)
