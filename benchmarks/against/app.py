"""A version of the app, on the host of today: what differs is the app."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.against.versions import Version
from benchmarks.orders.stand import NEW_YEAR
from tools.hosts import ROOT, free_port
from tools.http_client import request
from tools.processes import ProcessGroup, ToolError, wait_until

EMULATOR = ROOT / "packages" / "functions-emulator" / "src"
START_SECONDS = 60.0
SWEEP = "SweepOrders"


class App:
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
def running(version: Version, storage: str, also_on_path: Path | None = None) -> Iterator[App]:
    """Start a version of the app on a storage account; stop it at the end."""
    port = free_port()
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        group = ProcessGroup(
            [str(version.python), "-m", "functions_emulator", "start", "--port", str(port)]
            + ["--app-root", str(version.root), "--state", f"{folder}/state.db"],
            environment=_environment(version, storage, also_on_path),
            directory=version.root,
            output=Path(folder) / "host.log",
        )
        try:
            app = App(f"http://127.0.0.1:{port}", group)
            _wait_until_ready(app, group)
            yield app
        finally:
            group.stop()


def _environment(version: Version, storage: str, also: Path | None) -> Mapping[str, str]:
    path = [str(EMULATOR), *([str(also)] if also else [])]
    return version.environment(
        PYTHONPATH=":".join(path),
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
