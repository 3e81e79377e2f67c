"""The app of this repository on the emulator, and Azurite."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
from azure.data.tables import TableServiceClient

from benchmarks.beside.billing import entity_bytes
from benchmarks.beside.contender import Running
from benchmarks.beside.trees import starting
from benchmarks.orders.stand import NEW_YEAR, PLENTY, SHELF, fill
from benchmarks.orders.watch import INSTANCES, LIVE
from tools.azurite import Azurite
from tools.hosts import Host, choose_host, free_port
from tools.http_client import request
from tools.processes import ToolError

TABLES = ("orders", "inventory", "payments")
# Theirs logs at WARNING as well: neither writes lines of each order.
QUIET = "AzureFunctionsJobHost__logging__logLevel__Function.*.User"
PAGE = 1000


class Ours:
    """The host with its worker processes, and Azurite."""

    def __init__(self, host: Host, state: Path, storage: str, store: set[int]) -> None:
        self._host = host
        self._state = state
        self._tables = TableServiceClient.from_connection_string(storage)
        self.urls = [host.base_url]
        self.server: set[int] = set()
        self.store = store
        self._empty = 0

    def start(self) -> None:
        """Start the host for the first time."""
        self.restart()
        self._empty = self._rows_bytes()

    async def ended(self, http: aiohttp.ClientSession, waiting: Collection[str]) -> set[str]:
        """Ask the host for the orders that live, as a dashboard does."""
        query = {"runtimeStatus": LIVE, "showInput": "false", "top": str(PAGE)}
        async with http.get(f"{self.urls[0]}{INSTANCES}", params=query) as answer:
            live = {row["instanceId"] for row in await answer.json()}
        return set(waiting) - live

    def kill(self) -> None:
        """Kill the host and its workers."""
        self._host.kill()

    def restart(self) -> None:
        """Start the host on the state that is there."""
        _, self.server = starting(self._host.start)

    def stop(self) -> None:
        """Stop the host."""
        self._host.stop()

    def books(self) -> dict[str, int]:
        """Read the tables, and the host's list of what has ended."""
        invoiced, token = 0, ""
        while True:
            url = f"{self.urls[0]}{INSTANCES}?runtimeStatus=Completed&top={PAGE}"
            answer = request("GET", url, headers={"x-ms-continuation-token": token})
            rows = answer.json()
            invoiced += sum("invoiceId" in (row["output"] or {}) for row in rows)
            token = answer.headers.get("x-ms-continuation-token") or ""
            if not token:
                break
        stock = self._tables.get_table_client("inventory").query_entities(
            "RowKey ge 'sku:' and RowKey lt 'sku;'"
        )
        left = sum(int(row["available"].value) for row in stock)
        payments = self._tables.get_table_client("payments").list_entities()
        return {
            "invoiced": invoiced,
            "payments": sum(row.get("state") == "charged" for row in payments),
            "pieces": PLENTY * SHELF - left,
        }

    def bytes_kept(self) -> int:
        """Return the size of the state file, once its host has stopped, and of the tables' rows."""
        self.stop()
        return self._state.stat().st_size + self._rows_bytes() - self._empty

    def _rows_bytes(self) -> int:
        return sum(
            entity_bytes(row)
            for name in TABLES
            for row in self._tables.get_table_client(name).list_entities()
        )


@contextmanager
def running(workers: int) -> Iterator[Running]:
    """Start Azurite and the host with so many workers; leave nothing behind."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(ignore_cleanup_errors=True)))
        azurite, store = starting(lambda: stack.enter_context(Azurite()))
        storage = azurite.connection_string()
        fill(storage)
        host = Host(
            choose_host("emulator"),
            port=free_port(),
            storage=storage,
            state=folder / "state.db",
            output=folder / "host.log",
            settings={
                "SWEEP_SCHEDULE": NEW_YEAR,
                "FUNCTIONS_WORKER_PROCESS_COUNT": str(workers),
                QUIET: "Warning",
            },
        )
        ours = Ours(host, folder / "state.db", storage, store)
        stack.callback(ours.stop)
        try:
            ours.start()
            yield ours
        except AssertionError as error:
            raise ToolError(f"{error}\nThe host printed:\n{host.log[-2000:]}") from error
