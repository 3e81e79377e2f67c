"""The processes that tests need: the emulator with an app, and Azurite."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import requests

# Azurite takes its accounts at start only.
ACCOUNTS = tuple(f"test{number:04d}" for number in range(500))
# Public: https://learn.microsoft.com/azure/storage/common/storage-connect-azurite
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
START_SECONDS = 120.0
# Processes that run side by side begin apart from each other.
_numbers = count(os.getpid() * 61)


def wait_until(condition: Callable[[], bool], seconds: float, interval: float = 0.05) -> bool:
    """Poll until the condition holds; answer False when `seconds` have passed before."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(interval)
    return True


def in_thread(call: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Call something in a thread; return the thread and a list for what it returns."""
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(call()))
    thread.start()
    return thread, answers


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that is free now, never the same twice in a process.

    One below those that systems give to outgoing connections (Linux: from 32768 on), of which one
    may have taken it when its server comes to listen, or to listen again.
    """
    while True:
        port = 20_000 + next(_numbers) % 12_768
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Process:
    """A process that prints to a file; a context manager that leaves nothing behind."""

    def __init__(self, output: Path) -> None:
        self._output = output
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Process:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def log(self) -> str:
        """All that it has printed, over all its starts."""
        return self._output.read_text(errors="replace") if self._output.exists() else ""

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process itself, while it runs."""
        assert self._process is not None
        return self._process

    def start(self) -> None:
        """Start it and wait until it is ready; raises RuntimeError if it does not get so."""
        start_of_log = len(self.log)
        with self._output.open("ab") as output:
            process = self._process = subprocess.Popen(
                self.command(),
                env={**os.environ, **self.environment()},
                cwd=self._output.parent,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        wait_until(lambda: process.poll() is not None or self.ready(), START_SECONDS)
        if process.poll() is not None or not self.ready():
            self.kill()
            raise RuntimeError(f"It did not start. It printed:\n{self.log[start_of_log:]}")

    def stop(self) -> None:
        """End it as a person would; kill it if it stays."""
        if self._process:
            self._process.terminate()
            wait_until(lambda: self._process is None or self._process.poll() is not None, 10)
            self.kill()

    def kill(self) -> None:
        """End it at once, with SIGKILL."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def command(self) -> Sequence[str]:
        raise NotImplementedError

    def environment(self) -> Mapping[str, str]:
        raise NotImplementedError

    def ready(self) -> bool:
        raise NotImplementedError


class HostProcess(Process):
    """The emulator with an app, on a port of its own that it keeps over restarts."""

    def __init__(
        self, app_root: Path, state: Path, output: Path, settings: Mapping[str, str]
    ) -> None:
        super().__init__(output)
        self.state = state
        self._app_root = app_root
        self._settings = settings
        self._port = free_port()
        self.base_url = f"http://127.0.0.1:{self._port}"

    def command(self) -> Sequence[str]:
        command = [sys.executable, "-m", "functions_emulator", "start", "--port", str(self._port)]
        return [*command, "--app-root", str(self._app_root), "--state", str(self.state)]

    def environment(self) -> Mapping[str, str]:
        storage = {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}
        return {"PYTHONUNBUFFERED": "1", **storage, **self._settings}

    def ready(self) -> bool:
        try:
            answer = requests.get(f"{self.base_url}/admin/host/status", timeout=2)
            return bool(answer.json()["state"] == "Running")
        except (requests.RequestException, ValueError, KeyError):
            return False


class Azurite(Process):
    """Azurite, in memory, on free ports."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "azurite.log")
        self._port = 0

    def connection_string(self, account: str) -> str:
        """Return the connection string of one of ACCOUNTS; for queues only."""
        return (
            f"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={KEY};"
            f"QueueEndpoint=http://127.0.0.1:{self._port}/{account};"
        )

    def command(self) -> Sequence[str]:
        options = ["--silent", "--skipApiVersionCheck", "--disableTelemetry"]
        for service in ("blob", "queue", "table"):
            # Node's default of 5 s closes connections under the feet of pooled clients.
            options += [f"--{service}Port", "0", f"--{service}KeepAliveTimeout", "600"]
        return [find_azurite() or "azurite", *options, "--inMemoryPersistence"]

    def environment(self) -> Mapping[str, str]:
        return {"AZURITE_ACCOUNTS": ";".join(f"{account}:{KEY}" for account in ACCOUNTS)}

    def ready(self) -> bool:
        found = re.search(r"Queue service is successfully listening at \S+:(\d+)", self.log)
        self._port = int(found[1]) if found else 0
        return found is not None


def find_azurite() -> str | None:
    """Look in node_modules of this folder and of those above it, then on PATH."""
    for folder in Path(__file__).resolve().parents:
        if found := shutil.which("azurite", path=str(folder / "node_modules" / ".bin")):
            return found
    return shutil.which("azurite")
