"""An app to be maltreated: Azurite on disk, a fault proxy, a Stripe, and a host with workers."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from tools.azurite import Azurite
from tools.chaos.app_copy import copy_app_under_chaos
from tools.chaos.armed import Armed
from tools.chaos.journal import Journal
from tools.chaos.kinds import STRIPE
from tools.chaos.messages import Messages
from tools.chaos.proxy import FaultProxy
from tools.chaos.stripe_books import Intent
from tools.chaos.stripe_server import StripeServer
from tools.chaos.tickets import Tickets
from tools.chaos.worker_processes import worker_pids
from tools.hosts import Host, HostChoice, free_port
from tools.http_client import request
from tools.processes import ToolError, wait_until

SETTINGS = {
    # What a killed host had taken off the queue comes back after this.
    "EMULATOR_QUEUE_INVISIBILITY": "00:00:02",
    # Every ten seconds, so that it meets orders under way, and faults.
    "SWEEP_SCHEDULE": "*/10 * * * * *",
    "STRIPE_API_KEY": "sk_test_chaos",
}
SWEEP, ARCHIVE = "SweepOrders", "ArchiveOrders"
# It writes all that it holds, on a machine that may be busy. Killed, it would lose some of it.
SAVE_SECONDS = 120.0
STARTS = 3
AWAY_SECONDS = (0.5, 4.0)


class Rig:
    """Starts all of it in a folder; a context manager that leaves nothing running.

    The emulator alone can be treated like this: its clock is moved, and what its dead processes
    had taken off a queue comes back within seconds.
    """

    def __init__(
        self, folder: Path, workers: int = 2, gateway: str = STRIPE, bug: Path | None = None
    ) -> None:
        self.folder = folder
        self.armed = Armed()
        self.journal = Journal()
        self.logs: list[Path] = []
        self.azurite = Azurite(
            location=folder / "azurite", ports=(free_port(), free_port(), free_port())
        )
        self._workers = workers
        self._gateway = gateway
        self._bug = bug
        self._port = free_port()
        self._stack = ExitStack()

    def __enter__(self) -> Rig:
        with ExitStack() as starting:
            copy_app_under_chaos(self.folder / "app", self._bug)
            self.tickets = Tickets(self.folder / "chaos")
            starting.enter_context(self.azurite)
            self.connection = self.azurite.connection_string()
            ports = [int(part.split("/")[0]) for part in self.connection.split("127.0.0.1:")[1:]]
            self.proxy = starting.enter_context(FaultProxy(ports, self.armed, self.journal))
            self.stripe = starting.enter_context(StripeServer(self.armed, self.journal))
            self.messages = Messages(self.connection, self.armed, self.journal)
            starting.callback(self.messages.close)
            self.host = self._new_host()
            starting.callback(lambda: self.host.stop())
            self.host.start()
            self._stack = starting.pop_all()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def intents(self) -> dict[str, list[Intent]] | None:
        """What Stripe knows of each order; None if the ledger takes the money."""
        return self.stripe.books.of_orders() if self._gateway == STRIPE else None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def kill_host(self) -> None:
        """Kill the host with SIGKILL, all its workers too, and start it again."""
        self.host.kill()
        self.start()

    def kill_worker(self, chance: random.Random) -> bool:
        """Kill one of the workers with SIGKILL; tell whether there was one."""
        group = self.host.group_id
        workers = worker_pids(group) if group is not None else []
        if not workers:
            return False
        try:
            os.kill(chance.choice(workers), signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def stop_azurite(self, chance: random.Random) -> None:
        """Stop Azurite, which then saves, and start it again after some seconds.

        Not with SIGKILL: it loses rows that it acknowledged up to 5 s before, being an emulator,
        and a run could not tell its losses from the app's.
        """
        self.azurite.stop(SAVE_SECONDS)
        time.sleep(chance.uniform(*AWAY_SECONDS))
        self.azurite.start()

    def start(self) -> None:
        """Start what does not run."""
        if not self.azurite.running:
            self.azurite.start()
        for tries_left in reversed(range(STARTS)):
            if self.host.running:
                return
            # A log of its own: what is read of it again and again stays short.
            self.host = self._new_host()
            try:
                self.host.start()
            except ToolError:
                # A machine that is busy with something else may be too slow for it once.
                if not tries_left:
                    raise

    def run_function(self, name: str) -> bool:
        """Run a timer function by hand; tell whether the host took it."""
        answer = request("POST", f"{self.base_url}/admin/functions/{name}", {"input": ""})
        return answer.status == 202

    def advance(self, seconds: float) -> bool:
        """Move the orchestrations' clock forward; tell whether the host did."""
        clock = f"{self.base_url}/admin/emulator/clock"
        return request("POST", clock, {"advanceSeconds": seconds}).status == 200

    def is_at_rest(self) -> bool:
        """Tell whether nothing is under way in the host."""
        return not self._state().get("atWork", True)

    def sweep(self) -> None:
        """Run the sweep by hand, unless it is running: on a slow machine they would pile up."""
        if SWEEP not in self._state().get("running", [SWEEP]):
            self.run_function(SWEEP)

    def _state(self) -> dict[str, Any]:
        """Return what is under way in the host; nothing if it does not answer."""
        answer = request("GET", f"{self.base_url}/admin/emulator/clock")
        found: dict[str, Any] = answer.json() if answer.status == 200 else {}
        return found

    def wait_for_rest(self, seconds: float) -> bool:
        """Wait until nothing is under way in the host; tell whether it came to that."""
        return wait_until(self.is_at_rest, seconds, 0.1)

    def log_lines(self, text: str) -> list[str]:
        """Return the lines of the host's logs that hold a text."""
        found: list[str] = []
        for path in self.logs:
            if path.exists():
                with path.open(errors="replace") as lines:
                    found += [line.rstrip() for line in lines if text in line]
        return found

    def _new_host(self) -> Host:
        log = self.folder / f"host-{len(self.logs):03d}.log"
        self.logs.append(log)
        return Host(
            HostChoice("emulator", "it can be killed by the worker"),
            port=self._port,
            storage=self.proxy.through(self.connection),
            state=self.folder / "state.db",
            output=log,
            app_root=self.folder / "app",
            settings={
                **SETTINGS,
                "PAYMENT_GATEWAY": self._gateway,
                "FUNCTIONS_WORKER_PROCESS_COUNT": str(self._workers),
                "STRIPE_API_BASE": self.stripe.base_url,
                "CHAOS_FOLDER": str(self.tickets.folder),
            },
        )
