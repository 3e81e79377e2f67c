"""What a test needs of a host, and the host that runs already."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from functions_emulator.testing.errors import FunctionsError
from functions_emulator.testing.processes import read
from functions_emulator.testing.web import WebClient

if TYPE_CHECKING:
    from functions_emulator.testing.fakes import FakeServer
    from functions_emulator.testing.queues import Queue

LOG = "host.log"
KEY_VARIABLE = "FUNCTIONS_HOST_KEY"


class Host:
    """A host that runs already; nothing is started, and nothing is undone."""

    is_emulator = False
    headers: Mapping[str, str] = {}

    def __init__(self, app_root: Path, settings: Mapping[str, str]) -> None:
        self.base_url = ""
        self.app_root = app_root
        self.settings = settings
        self._output: Path | None = None
        self._queue_clients: dict[tuple[str, str], Any] = {}

    def log(self, start: int = 0) -> str:
        """Give what it has printed, from a position of its log on."""
        return "" if self._output is None else read(self._output, start)

    def log_size(self) -> int:
        """Give the position up to which it has printed."""
        return (
            0 if self._output is None or not self._output.exists() else self._output.stat().st_size
        )

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
