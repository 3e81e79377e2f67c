"""The hosts that the same tests run on: the emulator, Core Tools, or one that runs already."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from functions_emulator.testing.errors import FunctionsError
from functions_emulator.testing.processes import ForeignProcess, HostProcess, read
from functions_emulator.testing.web import WebClient

if TYPE_CHECKING:
    from functions_emulator.testing.fakes import FakeServer
    from functions_emulator.testing.queues import Queue

DEVELOPMENT_STORAGE = "UseDevelopmentStorage=true"
POLLING = "AzureFunctionsJobHost__extensions__queues__maxPollingInterval"
KEY_VARIABLE = "FUNCTIONS_HOST_KEY"


class Host:
    """A host that runs already; nothing is started, and nothing is undone."""

    is_emulator = False
    headers: Mapping[str, str] = {}

    def __init__(self, app_root: Path, settings: Mapping[str, str]) -> None:
        self.base_url = ""
        self.app_root = app_root
        self.settings = settings
        self._queue_clients: dict[tuple[str, str], Any] = {}

    @property
    def log(self) -> str:
        """Give what it has printed so far."""
        return ""

    @property
    def is_running(self) -> bool:
        """Tell whether it can be used."""
        return True

    @property
    def fakes(self) -> FakeServer:
        """Give the fakes of activities."""
        raise NotImplementedError

    def start(self) -> None:
        """Start it and wait until it is ready; FunctionsError with its output if it is not."""

    def stop(self) -> None:
        """Stop what `start` has started."""
        for client in self._queue_clients.values():
            client.close()
        self._queue_clients.clear()

    def reset(self, web: WebClient) -> None:
        """Undo what a test has done."""

    def client_input(self, text: str) -> str:
        """Encode the input of an orchestration, given as JSON text, as the app's own SDK does.

        The client of azure-functions-durable 1.x encodes what is encoded (durable-python#295).
        """
        try:
            is_1 = metadata.version("azure-functions-durable").startswith("1.")
        except metadata.PackageNotFoundError:
            is_1 = False
        return json.dumps(text) if is_1 else text

    def queue(self, name: str, connection: str) -> Queue:
        """Give a queue of the account behind a connection's app setting."""
        from functions_emulator.app.connections import connection_string
        from functions_emulator.app.settings_files import load_settings
        from functions_emulator.errors import AppError
        from functions_emulator.testing.queues import Queue

        try:
            settings = load_settings(self.app_root, self.environment())
            account = connection_string(settings.values, connection, f"functions.queue({name!r})")
        except AppError as error:
            raise FunctionsError(str(error)) from error
        is_base64 = settings.queues.message_encoding == "base64"
        return Queue(name, lambda each: self._queue_client(account, each), is_base64)

    def environment(self) -> dict[str, str]:
        """Give the environment of the app, in which the settings of the tests win."""
        return {**os.environ, **self.settings}

    def _queue_client(self, account: str, name: str) -> Any:
        from azure.storage.queue import QueueClient

        key = account, name
        if key not in self._queue_clients:
            self._queue_clients[key] = QueueClient.from_connection_string(
                account, name, api_version="2021-12-02", retry_total=1
            )
        return self._queue_clients[key]


class UrlHost(Host):
    """A host at a URL, which somebody else has started or deployed."""

    def __init__(self, app_root: Path, settings: Mapping[str, str], url: str) -> None:
        super().__init__(app_root, settings)
        self.base_url = url.rstrip("/")
        key = os.environ.get(KEY_VARIABLE)
        self.headers = {"x-functions-key": key} if key else {}


class EmulatorHost(Host):
    """The emulator, on a free port, with state and queues of its own."""

    is_emulator = True

    def __init__(
        self, app_root: Path, settings: Mapping[str, str], folder: Path, fakes: FakeServer
    ) -> None:
        super().__init__(app_root, settings)
        self._folder = folder
        self._output = folder / "host.log"
        self._fakes = fakes
        self._process: HostProcess | None = None
        self._queues: Any = None

    @property
    def fakes(self) -> FakeServer:
        """Give the fakes of activities."""
        return self._fakes

    @property
    def log(self) -> str:
        """Give what it has printed so far."""
        return read(self._output)

    @property
    def is_running(self) -> bool:
        """Tell whether its process is there."""
        return self._process is not None and self._process.is_running

    def start(self) -> None:
        """Start it and wait until it is ready; FunctionsError with its output if it is not."""
        state = self._folder / "state.db"
        command = [sys.executable, "-m", "functions_emulator.child", "start", "--port", "0"]
        command += ["--app-root", str(self.app_root), "--state", str(state)]
        process = HostProcess(command, self._folder, self.environment(), self._output)
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
        self._fakes.clear()
        if self.is_running:
            web.request("POST", "/admin/emulator/reset")
        if self._queues is not None:
            self._queues.queues.reset()

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


class CoreToolsHost(Host):
    """Azure Functions Core Tools, on a free port, with the storage that the app's settings say."""

    # It stays up after these although nothing works.
    FATAL = "No job functions found|Worker failed to index functions|A host error has occurred"

    def __init__(self, app_root: Path, settings: Mapping[str, str], folder: Path) -> None:
        super().__init__(app_root, settings)
        self._output = folder / "host.log"
        self._process: ForeignProcess | None = None

    @property
    def log(self) -> str:
        """Give what it has printed so far."""
        return read(self._output)

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
        process = ForeignProcess(command, self.app_root, self.environment(), self._output)
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
