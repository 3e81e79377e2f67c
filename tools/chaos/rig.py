"""An app to be maltreated: Azurite on disk, a fault proxy in front of it, and a host."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from tools.audit.books import Books, read_books
from tools.audit.invariants import Violation, check
from tools.azurite import Azurite
from tools.chaos.load import Load
from tools.chaos.proxy import NONE, FaultProxy
from tools.chaos.queue import Queue
from tools.hosts import ROOT, Host, choose_host, free_port
from tools.http_client import request
from tools.processes import wait_until

# What a killed host had taken off the queue comes back after this.
SETTINGS = {"EMULATOR_QUEUE_INVISIBILITY": "00:00:02"}
# The storage of an activity may fail ten times, five seconds apart.
PATIENCE = 120.0
SWEEP = "SweepOrders"
PACKAGES = ("activities", "clients", "orchestrators", "ordering")


class Rig:
    """Starts all of it in a folder; a context manager that leaves nothing running."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.seed = seed
        self.azurite = Azurite(
            location=folder / "azurite", ports=(free_port(), free_port(), free_port())
        )
        self._stack = ExitStack()
        self.replayed = 0

    def __enter__(self) -> Rig:
        with ExitStack() as starting:
            starting.enter_context(self.azurite)
            connection = self.azurite.connection_string()
            ports = [int(part.split("/")[0]) for part in connection.split("127.0.0.1:")[1:]]
            self.connection = connection
            self.proxy = starting.enter_context(FaultProxy(ports, self.seed))
            self.queue = Queue(connection)
            starting.callback(self.queue.close)
            self.host = self._make_host(ROOT, free_port())
            starting.callback(lambda: self.host.stop())
            self.host.start()
            self.load = Load(self.host.base_url, self.queue, self.seed)
            self.load.open()
            self._stack = starting.pop_all()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def kill_host(self) -> None:
        """Kill the host with SIGKILL and start it again."""
        self.host.kill()
        self.host.start()

    def run_app(self, doubled: bool) -> None:
        """Start the host anew, with the app as it is or with every activity run twice."""
        folder = ROOT
        if doubled:
            folder = self.folder / "twice"
            if not folder.exists():
                copy_app(folder, Path(__file__).with_name("twice.py"))
        self.host.stop()
        self.host = self._make_host(folder, int(self.host.base_url.rsplit(":", 1)[1]))
        self.host.start()

    def settle(self) -> list[Violation]:
        """End all faults, wait until all is at rest, sweep, and return what is wrong then."""
        self.proxy.faults = NONE
        if not self.azurite.running:
            self.azurite.start()
        if not self.host.running:
            self.host.start()
        wait_until(self._at_rest, PATIENCE, 0.5)
        violations: list[Violation] = []

        def sound() -> bool:
            request("POST", f"{self.host.base_url}/admin/functions/{SWEEP}", {"input": ""})
            time.sleep(0.3)
            violations[:] = self._check()
            return not violations

        wait_until(sound, 20, 0.5)
        return violations

    def books(self) -> Books:
        """Read the app's books past the proxy."""
        return read_books(self.connection, self.host.base_url)

    def _make_host(self, app_root: Path, port: int) -> Host:
        return Host(
            choose_host(os.environ.get("HOST", "auto")),
            port=port,
            storage=self.proxy.through(self.connection),
            state=self.folder / "state.db",
            output=self.folder / "host.log",
            app_root=app_root,
            settings=SETTINGS,
        )

    def _check(self) -> list[Violation]:
        record, books = self.load.record, self.books()
        record.log = self.host.log
        late = [
            Violation(1, f"order {order_id} has not ended: {order.stage}")
            for order_id, order in books.orders.items()
            if order.live
        ]
        return [*late, *check(books, record)]

    def _at_rest(self) -> bool:
        # What five deaths of the host put into the poison queue an operator sends again.
        again = self.queue.replay_poison()
        self.replayed += len(again)
        self.load.record.poison += again.values()
        self.load.record.sent |= again
        # The emulator's clock can be moved: retries need not be waited for. Core Tools say 404.
        clock = f"{self.host.base_url}/admin/emulator/clock"
        request("POST", clock, {"advanceSeconds": 5})
        return not self.queue.length() and not any(
            order.live for order in self.books().orders.values()
        )


def copy_app(folder: Path, function_app: Path) -> None:
    """Copy the app, with another module in the place of its function_app.py.

    The module finds the app's own as shop_app.py.
    """
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package)
    shutil.copy(ROOT / "host.json", folder)
    shutil.copy(ROOT / "durable_sdk.py", folder)
    shutil.copy(ROOT / "function_app.py", folder / "shop_app.py")
    shutil.copy(function_app, folder / "function_app.py")
