"""Azurite, the emulator of Azure Storage, as a process of ours."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from tools.processes import ProcessGroup, ToolError, ending, wait_until

ROOT = Path(__file__).resolve().parent.parent
EXECUTABLE = ROOT / "node_modules" / ".bin" / "azurite"
SERVICES = ("blob", "queue", "table")
DEFAULT_PORTS = (10000, 10001, 10002)

# The account that every Azure Storage emulator knows; the key is public:
# https://learn.microsoft.com/azure/storage/common/storage-connect-azurite
DEVELOPMENT_ACCOUNT = "devstoreaccount1"
DEVELOPMENT_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

_LISTENING = re.compile(r"Azurite (\w+) service is successfully listening at https?://[\d.]+:(\d+)")


class Azurite:
    """A running Azurite; a context manager that leaves nothing behind.

    `location` keeps the data between runs; without it all is in memory. `ports` are those of
    blob, queue and table; 0 takes a free one. Every name of `accounts` is an empty storage
    account of its own. With a `certificate` and its key (PEM files) it speaks https and takes
    tokens of identities, whose signatures it does not look at. Raises ToolError
    when Azurite is not installed or does not start.
    """

    def __init__(
        self,
        *,
        location: Path | None = None,
        ports: Sequence[int] = (0, 0, 0),
        accounts: Sequence[str] = (DEVELOPMENT_ACCOUNT,),
        certificate: tuple[Path, Path] | None = None,
    ) -> None:
        self._location = location
        self._requested_ports = tuple(ports)
        self._accounts = tuple(accounts)
        self._certificate = certificate
        self._ports: dict[str, int] = {}
        self._group: ProcessGroup | None = None
        self._temporary: Path | None = None

    def __enter__(self) -> Azurite:
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
    def running(self) -> bool:
        """Whether the process is there."""
        return self._group is not None and self._group.exit_code is None

    @property
    def ending(self) -> str:
        """How the process ended, such as `was ended by the signal SIGTERM`."""
        return ending(self._group.exit_code if self._group else None)

    def start(self) -> None:
        """Start Azurite and wait until its three services listen."""
        if not EXECUTABLE.exists():
            raise ToolError("Azurite is not installed. Run `make setup`.")
        self._temporary = Path(tempfile.mkdtemp(prefix="azurite-"))
        try:
            self._group = ProcessGroup(
                self._command(),
                environment={**os.environ, "AZURITE_ACCOUNTS": self._account_list()},
                directory=self._location or self._temporary,
                output=self._temporary / "azurite.log",
            )
            self._wait_until_ready(self._group)
        except BaseException:
            self.stop()
            raise

    def stop(self, patience: float = 10.0) -> None:
        """Stop Azurite and remove what it kept in temporary folders.

        It saves what it holds; one that takes longer than `patience` seconds is killed.
        """
        if self._group:
            self._group.stop(patience)
            self._group = None
        if self._temporary:
            shutil.rmtree(self._temporary, ignore_errors=True)
            self._temporary = None

    def connection_string(self, account: str = DEVELOPMENT_ACCOUNT) -> str:
        """Return the connection string of one account."""
        if account not in self._accounts:
            raise KeyError(account)
        endpoints = "".join(
            f"{service.capitalize()}Endpoint={self.url(service, account)};" for service in SERVICES
        )
        return (
            f"DefaultEndpointsProtocol={self._scheme};"
            f"AccountName={account};AccountKey={DEVELOPMENT_KEY};{endpoints}"
        )

    def url(self, service: str, account: str = DEVELOPMENT_ACCOUNT) -> str:
        """Return the URL of an account's service."""
        return f"{self._scheme}://127.0.0.1:{self._ports[service]}/{account}"

    @property
    def _scheme(self) -> str:
        return "https" if self._certificate else "http"

    def _command(self) -> list[str]:
        command = [str(EXECUTABLE), "--silent", "--skipApiVersionCheck", "--disableTelemetry"]
        for service, port in zip(SERVICES, self._requested_ports, strict=True):
            command += [f"--{service}Port", str(port)]
            # Node's default of 5 s closes connections under the feet of pooled clients.
            command += [f"--{service}KeepAliveTimeout", "600"]
        if self._certificate:
            certificate, key = map(str, self._certificate)
            command += ["--oauth", "basic", "--cert", certificate, "--key", key]
        if self._location:
            self._location.mkdir(parents=True, exist_ok=True)
            return [*command, "--location", str(self._location)]
        return [*command, "--inMemoryPersistence"]

    def _account_list(self) -> str:
        return ";".join(f"{account}:{DEVELOPMENT_KEY}" for account in self._accounts)

    def _wait_until_ready(self, group: ProcessGroup) -> None:
        def listening() -> bool:
            found = {name.lower(): int(port) for name, port in _LISTENING.findall(group.text())}
            self._ports = {service: found[service] for service in SERVICES if service in found}
            return len(self._ports) == len(SERVICES) or group.exit_code is not None

        ready = wait_until(listening, 60)
        if not ready or group.exit_code is not None:
            what = "stopped at once" if ready else "did not start within 60 s"
            raise ToolError(f"Azurite {what}. It printed:\n{group.text().strip() or '(nothing)'}")


def answers(service: str, port: int) -> bool:
    """Tell whether Azurite's service (`blob`, `queue` or `table`) answers on a local port."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2) as response:
            server = response.headers.get("Server", "")
    except urllib.error.HTTPError as error:
        with error:
            server = error.headers.get("Server", "")
    except OSError:
        return False
    return f"azurite-{service}" in server.lower()
