"""Azure Functions Core Tools as the host of a test session."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Mapping
from pathlib import Path

from functions_emulator.testing.errors import FunctionsError
from functions_emulator.testing.hosts import LOG, Host
from functions_emulator.testing.processes import ForeignProcess
from functions_emulator.testing.web import WebClient


class CoreToolsHost(Host):
    """Azure Functions Core Tools, on a free port, with the storage that the app's settings say."""

    # It stays up after these although nothing works.
    FATAL = "No job functions found|Worker failed to index functions|A host error has occurred"

    def __init__(self, app_root: Path, settings: Mapping[str, str], folder: Path) -> None:
        super().__init__(app_root, settings)
        self._folder = folder
        self._output = folder / LOG
        self._process: ForeignProcess | None = None

    @property
    def is_running(self) -> bool:
        """Tell whether its process is there."""
        return self._process is not None and self._process.is_running

    def start(self) -> None:
        """Start it and wait until it is ready; FunctionsError with its output if it is not."""
        executable = shutil.which("func")
        if executable is None:
            raise FunctionsError(
                "--functions-host func needs Azure Functions Core Tools: there is no `func` on PATH"
            )
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{port}"
        command = [executable, "start", "--port", str(port)]
        process = ForeignProcess(command, self.app_root, self.environment(), self._folder / LOG)
        self._process = process
        # The first start of Core Tools loads the extension bundle, which can take minutes.
        process.wait_until(self._says_running, self.FATAL, 300)

    def stop(self) -> None:
        """Stop it."""
        super().stop()
        if self._process is not None:
            self._process.stop()

    def _says_running(self) -> bool:
        web = WebClient(self.base_url)
        try:
            return bool(web.request("GET", "/admin/host/status").json()["state"] == "Running")
        except (FunctionsError, KeyError):
            return False
        finally:
            web.close()
