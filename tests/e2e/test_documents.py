"""The commands of README and docs do what the pages say, run as a reader runs them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents import PAGES, Command, commands, prints
from tests.e2e.running_app import PATIENCE
from tools.azurite import Azurite
from tools.hosts import ROOT, free_port
from tools.processes import wait_until

WRITTEN_PORT = "7071"


class Reader:
    """Somebody who copies the commands of a page, with the project's Python first on the path."""

    def __init__(self, storage: str, folder: Path) -> None:
        self.port = str(free_port())
        self._log = folder / "run.log"
        self._runs: subprocess.Popen[bytes] | None = None
        self._environment = {
            **os.environ,
            "AzureWebJobsStorage": storage,
            "DATA": str(folder / "data"),
            "PORT": self.port,
            "ORDERS_URL": f"http://localhost:{self.port}",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }

    def follow(self, command: Command) -> None:
        """Run a block until it prints what the page shows; a query is asked again for a while."""
        if command.block.text == "make run\n":
            self.run(command)
            return
        last: list[subprocess.CompletedProcess[str]] = []

        def done() -> bool:
            last[:] = [self._bash(command.block.text)]
            return last[0].returncode == 0 and prints(command.shown, self._told(last[0].stdout))

        patience = PATIENCE if _only_asks(command.block.text) else 0
        assert wait_until(done, patience), f"{command.block}: {last[0].stdout}\n{last[0].stderr}"

    def run(self, command: Command) -> None:
        """Leave a command running, as in a terminal of its own, once it has printed its part."""
        with self._log.open("wb") as output:
            self._runs = subprocess.Popen(
                ["bash", "-c", f"exec {command.block.text}"],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        assert wait_until(
            lambda: prints(command.shown, self._told(self._log.read_text())), PATIENCE
        ), f"{command.block}: {self._log.read_text()}"

    def stop(self) -> None:
        """End what runs, as Ctrl-C does."""
        if self._runs:
            os.killpg(self._runs.pid, 2)
            self._runs.wait(PATIENCE)

    def _bash(self, text: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text.replace(WRITTEN_PORT, self.port)],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
        )

    def _told(self, printed: str) -> str:
        return printed.replace(self.port, WRITTEN_PORT)


def _only_asks(text: str) -> bool:
    """Tell whether a block may be run again: one that looks how an order stands."""
    if text.startswith("curl "):
        return "--json" not in text and "-X" not in text
    return text.startswith("python -m tools.orders show ")


@pytest.fixture(scope="module")
def reader(
    azurite: Azurite, storage_accounts: Iterator[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reader]:
    storage = azurite.connection_string(next(storage_accounts))
    reader = Reader(storage, tmp_path_factory.mktemp("reader"))
    yield reader
    reader.stop()


@pytest.mark.parametrize(
    "command",
    [each for page in PAGES for each in commands(page) if not each.block.not_run],
    ids=lambda command: str(command.block),
)
def test_a_command_prints_what_its_page_shows(reader: Reader, command: Command) -> None:
    reader.follow(command)
