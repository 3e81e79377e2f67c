"""The Functions host of this machine: Core Tools where they answer, else the emulator."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import TracebackType

from tools.http_client import request
from tools.processes import ProcessGroup, ToolError, WrongUsage, ending, wait_until

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("auto", "func", "emulator")

# Core Tools download the extension bundle at their first start, which can take minutes.
START_SECONDS = {"func": 300.0, "emulator": 120.0}

# Processes that run side by side begin apart from each other.
_numbers = count(os.getpid() * 61)

# Of the supervisor of a host that SIGKILL ended: what it tells of its child, and its own end.
KILLED = (128 + signal.SIGKILL, -signal.SIGKILL)

# Core Tools stay up after these although nothing works.
_FATAL = re.compile(
    r"^.*(?:No job functions found|Worker failed to index functions|A host error has occurred"
    r"|Host startup operation has been canceled|There was an error performing a).*$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class HostChoice:
    """Which host, why, and for Core Tools the executable."""

    name: str
    reason: str
    executable: str = ""


def choose_host(wanted: str = "auto") -> HostChoice:
    """Choose Core Tools if `func --version` really answers, else the emulator.

    Raises WrongUsage for a name that is not one of NAMES, ToolError for `func` where it is no use.
    """
    if wanted not in NAMES:
        raise WrongUsage(f"HOST={wanted} is unknown. Say HOST=auto, HOST=func or HOST=emulator.")
    if wanted == "emulator":
        return HostChoice("emulator", "asked for by HOST=emulator")
    executable, finding = find_core_tools()
    if executable:
        return HostChoice("func", finding, executable)
    if wanted == "func":
        raise ToolError(
            f"HOST=func, but {finding}. Install Azure Functions Core Tools 4, or use HOST=emulator."
        )
    return HostChoice("emulator", finding)


def find_core_tools(path: str | None = None) -> tuple[str, str]:
    """Return the `func` that answers, or an empty string, and what was found in words.

    `path` replaces the search path: by default PATH, then node_modules/.bin. An npm package
    whose download failed leaves a `func` behind that cannot run.
    """
    if path is None:
        path = os.pathsep.join([os.environ.get("PATH", ""), str(ROOT / "node_modules" / ".bin")])
    executable = shutil.which("func", path=path)
    if not executable:
        return "", "Core Tools (`func`) are not installed"
    try:
        answer = subprocess.run(
            [executable, "--version"],
            capture_output=True,
            text=True,
            timeout=15,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return "", f"{executable} does not answer `--version`"
    version = answer.stdout.strip().splitlines()[-1:] or [""]
    if answer.returncode or not re.match(r"4\.\d", version[0]):
        return "", f"{executable} does not answer `--version` with a version 4"
    return executable, f"Core Tools {version[0]} answer"


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that is free now, never the same twice in a process.

    One below those that systems give to outgoing connections (Linux: from 32768 on), of which one
    may have taken it when its server comes to listen.
    """
    while True:
        port = 20_000 + next(_numbers) % 12_768
        if port_is_free(port):
            return port


def port_is_free(port: int) -> bool:
    """Tell whether nothing listens on a TCP port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


class Host:
    """A Functions host running an app; a context manager that leaves nothing behind.

    `storage` is a connection string, `state` the emulator's state file, `output` a log file or
    None to share the standard output, `settings` further app settings.
    """

    def __init__(
        self,
        choice: HostChoice,
        *,
        port: int,
        storage: str,
        state: Path,
        output: Path | None = None,
        app_root: Path = ROOT,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.choice = choice
        self.python = sys.executable  # of the emulator, from its next start on
        self.base_url = f"http://127.0.0.1:{port}"
        self._port = port
        self._state = state
        self._output = output
        self._app_root = app_root
        self._settings = {
            "FUNCTIONS_WORKER_RUNTIME": "python",
            "AzureWebJobsStorage": storage,
            **(settings or {}),
        }
        self._group: ProcessGroup | None = None

    def __enter__(self) -> Host:
        self.start()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def log(self) -> str:
        """All that the host has printed, when it prints to a file."""
        return self._output.read_text(errors="replace") if self._output else ""

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._group is not None and self._group.exit_code is None

    @property
    def group_id(self) -> int | None:
        """The process group of the host and its workers, or None while it is stopped."""
        return self._group.group_id if self._group is not None else None

    @property
    def was_killed(self) -> bool:
        """Whether the host ended by SIGKILL, or its supervisor did."""
        return self._group is not None and self._group.exit_code in KILLED

    @property
    def ending(self) -> str:
        """How the host ended, such as `was ended by the signal SIGTERM`."""
        return ending(self._group.exit_code if self._group else None)

    def start(self) -> None:
        """Start the host and wait until it says that it runs; raises ToolError if it does not."""
        start_of_log = len(self.log) if self._output and self._output.exists() else 0
        self._group = ProcessGroup(
            self._command(),
            environment=self._environment(),
            directory=self._app_root,
            output=self._output,
        )
        try:
            self._wait_until_ready(self._group, start_of_log)
        except BaseException:
            self.kill()
            raise

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the host ends by itself; answer whether it did."""
        return self._group is None or self._group.wait(seconds)

    def stop(self) -> None:
        """Stop the host as Ctrl-C does, and all that it started."""
        if self._group:
            self._group.stop()
            self._group = None

    def kill(self) -> None:
        """Kill the host with SIGKILL, and all that it started."""
        if self._group:
            self._group.kill()
            self._group = None

    def _command(self) -> list[str]:
        if self.choice.name == "func":
            return [self.choice.executable, "start", "--port", str(self._port)]
        command = [self.python, "-m", "functions_emulator", "start", "--port", str(self._port)]
        return [*command, "--app-root", str(self._app_root), "--state", str(self._state)]

    def _environment(self) -> dict[str, str]:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", **self._settings}
        # Core Tools take the first python of PATH: it must be the one with the app's packages.
        environment["VIRTUAL_ENV"] = sys.prefix
        folders = [str(Path(sys.prefix) / "bin"), environment.get("PATH", "")]
        environment["PATH"] = os.pathsep.join(folders)
        return environment

    def _wait_until_ready(self, group: ProcessGroup, start_of_log: int) -> None:
        seconds = START_SECONDS[self.choice.name]

        state = ""

        def settled() -> bool:
            nonlocal state
            state = self._state_told()
            fatal = bool(_FATAL.search(self.log, start_of_log)) if self._output else False
            state = "Error" if fatal or group.exit_code is not None else state
            return state in ("Running", "Error")

        settled_in_time = wait_until(settled, seconds)
        if state == "Running":
            return
        what = "did not start" if settled_in_time else f"was not ready within {seconds:.0f} s"
        printed = self.log[start_of_log:].strip()
        raise ToolError(
            f"The host ({self.choice.name}) {what}."
            + (f" It printed:\n{printed}" if printed else "")
            + ("" if self._output else " Its lines above may say why.")
        )

    def _state_told(self) -> str:
        """Return what the host says of itself: an app that cannot be loaded does not end it."""
        answer = request("GET", f"{self.base_url}/admin/host/status", timeout=2)
        try:
            return str(answer.json().get("state")) if answer.status == 200 else ""
        except (ValueError, AttributeError):
            return ""
