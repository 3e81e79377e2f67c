"""The real app on the emulator and an Azurite in memory, as the measurements use it."""

from __future__ import annotations

import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from benchmarks.growth.asking import Asking
from benchmarks.growth.timing import milliseconds_since
from tools.azurite import Azurite
from tools.hosts import Host, choose_host, free_port
from tools.processes import ToolError

# The sweep runs when it is asked to, and not in the middle of a measurement.
SETTINGS = {"SWEEP_SCHEDULE": "0 0 0 1 1 *"}


class Stand(Asking):
    """Starts Azurite at once and the host when asked; a context manager that leaves nothing."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state.db"
        self._azurite = Azurite()
        self._log = folder / "host.log"
        self._stack = ExitStack()

    def __enter__(self) -> Stand:
        with ExitStack() as starting:
            starting.enter_context(self._azurite)
            self.connection = self._azurite.connection_string()
            self._host = Host(
                choose_host("emulator"),
                port=free_port(),
                storage=self.connection,
                state=self.state,
                output=self._log,
                settings=SETTINGS,
            )
            self.base_url = self._host.base_url
            starting.callback(self.stop_host)
            self._stack = starting.pop_all()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def start_host(self) -> float:
        """Start the host; tell the milliseconds until it says that it runs."""
        started = time.perf_counter()
        self._host.start()
        return milliseconds_since(started)

    def stop_host(self) -> None:
        """Stop the host, if it runs."""
        self._host.stop()

    def resident_mb(self) -> float:
        """Tell how much memory the host's process has, by `ps`."""
        listed = subprocess.run(
            ["ps", "-A", "-ww", "-o", "rss=,args="], capture_output=True, text=True, check=True
        )
        for line in listed.stdout.splitlines():
            kilobytes, _, command = line.strip().partition(" ")
            if str(self.state) in command and "supervisor.py" not in command:
                return round(int(kilobytes) / 1024, 1)
        raise ToolError("The host's process is not there. What it printed is in its log.")
