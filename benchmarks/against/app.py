"""A version of the app that runs: on the host of today, or on the one of its own time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.against.versions import Version
from benchmarks.growth.asking import Asking
from benchmarks.orders.stand import NEW_YEAR
from tools.hosts import ROOT, free_port
from tools.http_client import request
from tools.processes import ProcessGroup, ToolError, wait_until

MODULE = "functions_emulator"
PACKAGE = Path("packages", "functions-emulator", "src")
EMULATOR = ROOT / PACKAGE
START_SECONDS = 60.0
SWEEP = "SweepOrders"


class App(Asking):
    """A running app: its URL, and what its host has printed."""

    def __init__(self, base_url: str, group: ProcessGroup) -> None:
        self.base_url = base_url
        self._group = group

    @property
    def log(self) -> str:
        return self._group.text()

    def sweep(self) -> None:
        """Have the sweep run once, to its end; raises ToolError if it does not."""
        before = self._swept()
        request("POST", f"{self.base_url}/admin/functions/{SWEEP}", {"input": ""})
        if not wait_until(lambda: self._swept() > before, START_SECONDS):
            raise ToolError(f"{SWEEP} did not run.\n{self.log[-2000:]}")

    def _swept(self) -> int:
        return sum(f"Executed 'Functions.{SWEEP}'" in line for line in self.log.splitlines())


@contextmanager
def running(
    version: Version, storage: str, also_on_path: Path | None = None, own_host: bool = False
) -> Iterator[App]:
    """Start a version of the app on a storage account; stop it at the end.

    On today's host what differs is the app; with `own_host` all of it is of that version.
    """
    port = free_port()
    module, folder_of_host = _own_host(version) if own_host else (MODULE, EMULATOR)
    path = [folder_of_host, *([also_on_path] if also_on_path else [])]
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        group = ProcessGroup(
            [str(version.python), "-m", module, "start", "--port", str(port)]
            + ["--app-root", str(version.root), "--state", f"{folder}/state.db"],
            environment=_environment(version, storage, path),
            directory=version.root,
            output=Path(folder) / "host.log",
        )
        try:
            app = App(f"http://127.0.0.1:{port}", group)
            _wait_until_ready(app, group)
            yield app
        finally:
            group.stop()


def _own_host(version: Version) -> tuple[str, Path]:
    """Return the module of a version's own host, and the folder where Python finds it."""
    package = version.root / PACKAGE
    if package.is_dir():
        return MODULE, package
    return "emulator", version.root  # 898c4a3 and before


def _environment(version: Version, storage: str, path: Sequence[Path]) -> Mapping[str, str]:
    return version.environment(
        PYTHONPATH=os.pathsep.join(map(str, path)),
        FUNCTIONS_WORKER_RUNTIME="python",
        AzureWebJobsStorage=storage,
        SWEEP_SCHEDULE=NEW_YEAR,
        # Of a run in which nothing was to do, only the host's line tells.
        **{f"AzureFunctionsJobHost__logging__logLevel__Function.{SWEEP}": "Information"},
    )


def _wait_until_ready(app: App, group: ProcessGroup) -> None:
    def ready() -> bool:
        if group.exit_code is not None:
            return True
        answer = request("GET", f"{app.base_url}/admin/host/status", timeout=2)
        return answer.status == 200 and answer.json().get("state") == "Running"

    if not wait_until(ready, START_SECONDS) or group.exit_code is not None:
        raise ToolError(f"The app did not start. Its host printed:\n{app.log[-2000:]}")
