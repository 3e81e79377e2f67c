"""A Functions host as a process of a test session, which prints to a file."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from functions_emulator.testing.errors import FunctionsError
from functions_emulator.testing.waiting import until

STOP_SECONDS = 5.0


class HostProcess:
    """Start a command and wait until `ready` holds for what it has printed; `stop` ends it.

    Its standard input is closed when this process ends, however that ends.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        output: Path,
    ) -> None:
        self._output = output
        self._position = output.stat().st_size if output.exists() else 0
        with output.open("ab") as stream:
            # A session of its own where there is one: Ctrl-C is for pytest, which then stops it.
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        """Tell whether it has not ended."""
        return self._process.poll() is None

    @property
    def printed(self) -> str:
        """Give all that it has printed."""
        return read(self._output, self._position)

    def wait_until(self, ready: Callable[[], bool], fatal: str, seconds: float) -> None:
        """Wait until it is ready; FunctionsError with its output when it does not get so.

        `fatal` is a pattern of lines after which it never gets ready.
        """
        pattern = re.compile(fatal) if fatal else None

        def hopeless() -> bool:
            return not self.is_running or bool(pattern and pattern.search(self.printed))

        settled = until(lambda: hopeless() or ready(), seconds)
        if settled and not hopeless():
            return
        self.stop()
        what = "does not start" if settled else f"is not ready after {seconds:g} s"
        raise FunctionsError(f"The app {what}. Its host printed:\n{self.printed.strip()}")

    def stop(self) -> None:
        """End it, and kill what stays."""
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        if self.is_running:
            self._interrupt()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill()
            self._process.wait()

    def _interrupt(self) -> None:
        """Ask it to end, if closing its standard input does not; nothing to do here."""

    def _kill(self) -> None:
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()


class ForeignProcess(HostProcess):
    """A command that does not care for its standard input, with all that it starts."""

    def _interrupt(self) -> None:
        if not hasattr(os, "killpg"):
            self._process.terminate()
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGINT)


def read(path: Path, start: int = 0) -> str:
    """Give what a process has printed to a file, from a position on."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(start)
        return file.read().decode("utf-8", "replace").replace("\r\n", "\n")
