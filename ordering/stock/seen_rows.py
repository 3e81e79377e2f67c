"""Stock rows: reading them, changing them, and remembering how they were last seen."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock

from ordering.stock.rows import WAREHOUSE, number, row
from ordering.storage.tables import Row, Table
from ordering.storage.transactions import Merge, Operation

Rows = dict[str, Row]

# Some hundred bytes each.
_MOST_SEEN = 20_000


class SeenRows:
    """Rows as this process last read or wrote them. Safe to share between threads.

    They are a guess: another process may have changed them since. Whoever writes on the strength
    of one guards the write with its ETag, and forgets the rows when that fails.
    """

    def __init__(self, most: int = _MOST_SEEN) -> None:
        self._most = most
        self._rows: OrderedDict[str, Row] = OrderedDict()
        self._lock = Lock()

    def get(self, keys: Iterable[str]) -> Rows:
        """Return those of the rows that were seen, by key."""
        with self._lock:
            return {key: self._rows[key] for key in keys if key in self._rows}

    def put(self, rows: Mapping[str, Row]) -> None:
        """Remember how rows are; the longest unused are forgotten when there are too many."""
        with self._lock:
            for key, entity in rows.items():
                self._rows[key] = entity
                self._rows.move_to_end(key)
            while len(self._rows) > self._most:
                self._rows.popitem(last=False)

    def add(self, rows: Mapping[str, Row]) -> None:
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
    """Return the rows of these keys that exist, by key, in one request.

    A single row is a point read; for more, the filter's range keeps Azure from scanning all of
    the partition, which it does for keys joined by `or`.
    """
    if len(keys) == 1:
        entity = table.get(WAREHOUSE, keys[0])
        return {} if entity is None else {keys[0]: entity}
    extent = (
        f"PartitionKey eq '{WAREHOUSE}' and RowKey ge '{min(keys)}' and RowKey le '{max(keys)}'"
    )
    choice = " or ".join(f"RowKey eq '{key}'" for key in keys)
    found = (entity for page in table.pages(f"{extent} and ({choice})") for entity in page)
    return {str(entity["RowKey"]): entity for entity in found}


def stock_change(entity: Row, difference: int, stocked: int = 0) -> Operation:
    """Return the change of a stock row's `available`, if the row is still as it was read.

    `stocked` is how much of it came into the shop: 0 for what orders take and give back.
    """
    change = row(str(entity["RowKey"]), available=number(entity, "available") + difference)
    if stocked:
        change["stocked"] = number(entity, "stocked") + stocked
    return Merge(change, entity.etag)
