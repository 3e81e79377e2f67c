"""Stock rows: reading them, changing them, and remembering how they were last seen."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import Any

from azure.data.tables import EntityMetadata, TableEntity, UpdateMode

from ordering.stock.rows import WAREHOUSE, integer, number, row
from ordering.storage.tables import FilterRefused, Operation, Table, unchanged

Rows = dict[str, TableEntity]

# Some hundred bytes each.
_MOST_SEEN = 20_000


class SeenRows:
    """Rows as this process last read or wrote them. Safe to share between threads.

    They are a guess: another process may have changed them since. Whoever writes on the strength
    of one guards the write with its ETag, and forgets the rows when that fails.
    """

    def __init__(self, most: int = _MOST_SEEN) -> None:
        self._most = most
        self._rows: OrderedDict[str, TableEntity] = OrderedDict()
        self._lock = Lock()

    def get(self, keys: Iterable[str]) -> Rows:
        """Return those of the rows that were seen, by key."""
        with self._lock:
            return {key: self._rows[key] for key in keys if key in self._rows}

    def put(self, rows: Mapping[str, TableEntity]) -> None:
        """Remember how rows are; the longest unused are forgotten when there are too many."""
        with self._lock:
            for key, entity in rows.items():
                self._rows[key] = entity
                self._rows.move_to_end(key)
            while len(self._rows) > self._most:
                self._rows.popitem(last=False)

    def add(self, rows: Mapping[str, TableEntity]) -> None:
        """Remember rows that were read without a turn at them, unless they are known already."""
        with self._lock:
            new = {key: entity for key, entity in rows.items() if key not in self._rows}
        self.put(new)

    def forget(self, keys: Iterable[str]) -> None:
        """Forget rows that were or will be changed by somebody else."""
        with self._lock:
            for key in keys:
                self._rows.pop(key, None)


def read(table: Table, keys: Sequence[str]) -> Rows:
    """Return the rows of these keys that exist, by key, in one request if the service allows it.

    A single row is a point read; for more, the filter's range keeps Azure from scanning all of
    the partition, which it does for keys joined by `or`. Azure documents at most 15 comparisons
    in a filter and is not known to enforce it
    (https://learn.microsoft.com/rest/api/storageservices/querying-tables-and-entities); where
    it does, the query is halved until it passes.
    """
    if len(keys) == 1:
        entity = table.get(WAREHOUSE, keys[0])
        return {} if entity is None else {keys[0]: entity}
    extent = (
        f"PartitionKey eq '{WAREHOUSE}' and RowKey ge '{min(keys)}' and RowKey le '{max(keys)}'"
    )
    choice = " or ".join(f"RowKey eq '{key}'" for key in keys)
    try:
        found = table.query(f"{extent} and ({choice})")
    except FilterRefused:
        middle = len(keys) // 2
        return {**read(table, keys[:middle]), **read(table, keys[middle:])}
    return {str(entity["RowKey"]): entity for entity in found}


def stock_change(entity: TableEntity, difference: int, stocked: int = 0) -> Operation:
    """Return the change of a stock row's `available`, if the row is still as it was read.

    `stocked` is how much of it came into the shop: 0 for what orders take and give back.
    """
    change = row(str(entity["RowKey"]), available=integer(number(entity, "available") + difference))
    if stocked:
        change["stocked"] = integer(number(entity, "stocked") + stocked)
    return ("update", change, {"mode": UpdateMode.MERGE, **unchanged(entity)})


class WrittenRow(TableEntity):
    """A row as a successful write has left it."""

    def __init__(self, properties: Mapping[str, Any], etag: str) -> None:
        super().__init__(**properties)
        self._etag = etag

    @property
    def metadata(self) -> EntityMetadata:
        """The new ETag, as a query would tell it."""
        return {"etag": self._etag, "timestamp": None}
