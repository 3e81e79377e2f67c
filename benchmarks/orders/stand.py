"""What a run is measured on: a fresh Azurite, a fresh host, stock for all orders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from azure.data.tables import EdmType, EntityProperty, TableServiceClient
from azure.storage.queue import QueueClient

from ordering.stock.rows import TABLE, row, stock_key
from tools.azurite import Azurite
from tools.event_queue import QUEUE
from tools.hosts import Host, choose_host, free_port

# Orders at once take from as many SKUs: what is measured is the app, not one hot row.
SHELF = 128
PLENTY = 1_000_000
IN_A_TRANSACTION = 100
# The sweep comes every five minutes: some runs would have it and some not.
NEW_YEAR = "0 0 0 1 1 *"

_ENDPOINT = re.compile(r"(\w+)Endpoint=http://127\.0\.0\.1:(\d+)/")


@dataclass(frozen=True)
class Stand:
    """A running app: its URL, the storage's connection string, and the processes of both."""

    base_url: str
    connection: str
    processes: dict[str, Processes]


class Processes:
    """Processes, and the CPU time they have used."""

    def __init__(self, processes: Iterable[psutil.Process]) -> None:
        self._all = list(processes)

    def cpu_seconds(self) -> float:
        """Return user and system time so far."""
        return sum(sum(process.cpu_times()[:2]) for process in self._all)


@contextmanager
def open_stand(storage: str | None = None, host: bool = True) -> Iterator[Stand]:
    """Start it all in a temporary folder, and leave nothing behind.

    `storage` puts the host on the storage that is there already, stock included; without a
    `host` there is Azurite alone.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(ignore_cleanup_errors=True)))
        processes = {}
        if storage is None:
            before = _children()
            storage = stack.enter_context(Azurite()).connection_string()
            processes["Azurite"] = Processes(_children() - before)
            fill(storage)
        base_url = ""
        if host:
            before = _children()
            base_url = stack.enter_context(_host(folder, storage)).base_url
            processes["host"] = Processes(_children() - before)
        yield Stand(base_url, storage, processes)


def integer(value: int) -> EntityProperty:
    """Return a number as the warehouse keeps it."""
    return EntityProperty(value, EdmType.INT64)


def ports(storage: str) -> dict[str, int]:
    """Return Azurite's ports by service: `blob`, `queue`, `table`."""
    return {name.lower(): int(port) for name, port in _ENDPOINT.findall(storage)}


def shelf() -> list[str]:
    """Return the SKUs that never run out."""
    return [f"shelf-{number:03d}" for number in range(SHELF)]


def stock(storage: str, skus: Sequence[str], available: int = PLENTY) -> None:
    """Put new SKUs into the catalogue, many with one request."""
    service = TableServiceClient.from_connection_string(storage)
    service.create_table_if_not_exists(TABLE)
    count = _integer(available)
    entry = {"description": "Coffee", "currency": "EUR", "available": count, "stocked": count}
    rows = [row(stock_key(sku), unitPrice=_integer(1890), **entry) for sku in skus]
    for first in range(0, len(rows), IN_A_TRANSACTION):
        some = rows[first : first + IN_A_TRANSACTION]
        service.get_table_client(TABLE).submit_transaction([("create", each) for each in some])


def _integer(value: int) -> EntityProperty:
    return EntityProperty(value, EdmType.INT64)


def _host(folder: Path, storage: str) -> Host:
    return Host(
        choose_host("emulator"),
        port=free_port(),
        storage=storage,
        state=folder / "state.db",
        output=folder / "host.log",
        settings={"SWEEP_SCHEDULE": NEW_YEAR},
    )


def fill(storage: str) -> None:
    """Make the queue and the tables of the app, with stock for all orders."""
    QueueClient.from_connection_string(storage, QUEUE).create_queue()
    for table in ("orders", "payments"):
        TableServiceClient.from_connection_string(storage).create_table(table)
    stock(storage, shelf())


def _children() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True))
