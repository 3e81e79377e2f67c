"""The shop on DBOS: so many processes of it, and Postgres."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
import psycopg

from benchmarks.beside import postgres
from benchmarks.beside.contender import Running
from benchmarks.beside.tables import fill
from benchmarks.beside.trees import starting
from benchmarks.orders.stand import PLENTY, SHELF, shelf
from tools.hosts import ROOT, free_port
from tools.http_client import request
from tools.processes import ProcessGroup, ToolError, wait_until

START_SECONDS = 60.0
BOOKS = """
    SELECT (SELECT count(*) FROM dbos.workflow_status WHERE status = 'SUCCESS'),
           (SELECT count(*) FROM payments WHERE status = 'charged'),
           (SELECT %s - sum(available) FROM stock)
"""
# Tables with their indexes.
BYTES = "SELECT sum(pg_total_relation_size(relid)) FROM pg_stat_user_tables"


class Theirs:
    """Processes of uvicorn, each a port and an executor of DBOS, on one Postgres."""

    def __init__(self, form: str, processes: int, folder: Path, url: str, store: set[int]) -> None:
        self._form = form
        self._folder = folder
        self._url = url
        self._ports = [free_port() for _ in range(processes)]
        self._groups: list[ProcessGroup] = []
        self.urls = [f"http://127.0.0.1:{port}" for port in self._ports]
        self._asked = itertools.cycle(self.urls)
        self.server: set[int] = set()
        self.store = store
        self._empty = 0

    def start(self) -> None:
        """Start the processes for the first time, one after the other: they make their tables."""
        for number in range(len(self._ports)):
            self._start(number)
            self._wait_until_up(number)
        self._empty = self._size()

    async def ended(self, http: aiohttp.ClientSession, waiting: Collection[str]) -> set[str]:
        """Ask the processes in turn, each of which looks into DBOS's own table."""
        async with http.post(f"{next(self._asked)}/api/ended", json=list(waiting)) as answer:
            return set(await answer.json())

    def kill(self) -> None:
        """Kill every process."""
        for group in self._groups:
            group.kill()
        self._groups.clear()

    def restart(self) -> None:
        """Start all processes at once, each as the executor that it was."""
        self.server = set()
        for number in range(len(self._ports)):
            self._start(number)
        for number in range(len(self._ports)):
            self._wait_until_up(number)

    def stop(self) -> None:
        """Stop every process."""
        for group in self._groups:
            group.stop()
        self._groups.clear()

    def books(self) -> dict[str, int]:
        """Read the tables of the shop and of DBOS."""
        with psycopg.connect(self._url) as connection:
            row = connection.execute(BOOKS, (PLENTY * SHELF,)).fetchone()
        assert row is not None
        return dict(zip(("invoiced", "payments", "pieces"), map(int, row), strict=True))

    def bytes_kept(self) -> int:
        """Return by how much the tables and their indexes have grown, dead rows swept out."""
        return self._size() - self._empty

    def _size(self) -> int:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("VACUUM FULL")
            row = connection.execute(BYTES).fetchone()
        assert row is not None
        return int(row[0])

    def _start(self, number: int) -> None:
        url = self._url.replace("postgresql://", "postgresql+psycopg://")
        port = str(self._ports[number])
        module = ["-W", "ignore", "-m", "benchmarks.beside.serve"]
        group, pids = starting(
            lambda: ProcessGroup(
                [sys.executable, *module, self._form, port, f"executor-{number}"],
                environment={**os.environ, "DATABASE_URL": url},
                directory=ROOT,
                output=self._folder / f"{number}.log",
            )
        )
        self._groups.append(group)
        self.server |= pids

    def _wait_until_up(self, number: int) -> None:
        group, url = self._groups[number], f"{self.urls[number]}/openapi.json"

        def up() -> bool:
            return group.exit_code is not None or request("GET", url, timeout=2).status == 200

        if not wait_until(up, START_SECONDS) or group.exit_code is not None:
            raise ToolError(f"The shop on DBOS did not start. It printed:\n{group.text()[-2000:]}")


@contextmanager
def running(form: str, processes: int) -> Iterator[Running]:
    """Start Postgres and so many processes of a form of the order; leave nothing behind."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(ignore_cleanup_errors=True)))
        database, store = starting(lambda: stack.enter_context(postgres.running()))
        fill(database.url, shelf(), PLENTY)
        theirs = Theirs(form, processes, folder, database.url, store)
        stack.callback(theirs.stop)
        theirs.start()
        yield theirs
