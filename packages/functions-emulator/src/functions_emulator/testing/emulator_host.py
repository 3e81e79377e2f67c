"""The emulator as the host of a test session."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from functions_emulator.testing.clock import Clock
from functions_emulator.testing.hosts import LOG, Host
from functions_emulator.testing.processes import HostProcess
from functions_emulator.testing.waiting import until
from functions_emulator.testing.web import WebClient

if TYPE_CHECKING:
    from functions_emulator.testing.fakes import FakeServer

DEVELOPMENT_STORAGE = "UseDevelopmentStorage=true"
POLLING = "AzureFunctionsJobHost__extensions__queues__maxPollingInterval"
# How long functions that still run at the end of their test are waited for, in seconds.
LAST_CHANCE = 2.0


class EmulatorHost(Host):
    """The emulator, on a free port, with state and queues of its own."""

    is_emulator = True

    def __init__(
        self, app_root: Path, settings: Mapping[str, str], folder: Path, fakes: FakeServer
    ) -> None:
        super().__init__(app_root, settings)
        self._folder = folder
        self._output = folder / LOG
        self._fakes = fakes
        self._process: HostProcess | None = None
        self._queues: Any = None

    @property
    def fakes(self) -> FakeServer:
        """Give the fakes of activities."""
        return self._fakes

    @property
    def is_running(self) -> bool:
        """Tell whether its process is there."""
        return self._process is not None and self._process.is_running

    def start(self) -> None:
        """Start it and wait until it is ready; FunctionsError with its output if it is not."""
        state = self._folder / "state.db"
        command = [sys.executable, "-m", "functions_emulator.child", "start", "--port", "0"]
        command += ["--address", "127.0.0.1", "--no-reload"]
        command += ["--app-root", str(self.app_root), "--state", str(state)]
        process = HostProcess(command, self._folder, self.environment(), self._folder / LOG)
        self._process = process
        process.wait_until(lambda: "Host started on " in process.printed, "", 60)
        port = process.printed.partition("Host started on ")[2].split(". ")[0].rpartition(":")[2]
        # Not `localhost`: it may be IPv6 first, where nobody listens.
        self.base_url = f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        """Stop it."""
        super().stop()
        if self._process is not None:
            self._process.stop()
        if self._queues is not None:
            self._queues.close()

    def reset(self, web: WebClient) -> None:
        """Forget every instance, fake and message, and how far the clock was moved."""
        if self.is_running:
            self._let_functions_end(web)
            web.request("POST", "/admin/emulator/reset", json={})
        self._fakes.clear()
        if self._queues is not None:
            self._queues.queues.reset()

    def _let_functions_end(self, web: WebClient) -> None:
        """Wait for functions that a message has started: what they start is not the next test's."""
        looks = 0

        def quiet() -> bool:
            nonlocal looks
            looks = 0 if Clock(web).look().running else looks + 1
            # A message that has just been taken may not have its function running yet.
            return looks > (1 if self._queues.queues.drop_waiting() else 0)

        until(quiet, LAST_CHANCE)

    def environment(self) -> dict[str, str]:
        """Give the environment of the app; development storage has its queues in memory."""
        from functions_emulator.app.settings_files import local_values

        values = {**local_values(self.app_root), **os.environ}
        values.setdefault("AzureWebJobsStorage", DEVELOPMENT_STORAGE)
        replaced = [name for name, value in values.items() if value == DEVELOPMENT_STORAGE]
        if self._queues is None:
            from functions_emulator.testing.queue_service import QueueService

            self._queues = QueueService()
        in_memory = dict.fromkeys(replaced, self._queues.connection_string)
        own = {"PYTHONUNBUFFERED": "1", POLLING: "00:00:00.1", **in_memory}
        return {**os.environ, **own, **self.settings}
