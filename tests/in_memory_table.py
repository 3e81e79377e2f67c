"""A table in memory with the rules of the real one: ETags, whole transactions, ordered keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from threading import Lock
from typing import Any

from ordering.storage.tables import Changed, Row
from ordering.storage.transactions import Delete, Insert, Merge, Operation, Replace, Upsert

COMPARISON = re.compile(r"(\w+) (eq|ge|gt|lt|le) '([^']*)'")
TESTS: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda left, right: left == right,
    "ge": lambda left, right: left >= right,
    "gt": lambda left, right: left > right,
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
}


class InMemoryTable:
    """Stands in for ordering.storage.tables.Table; `requests` counts what a real one would cost.

    `before` is called ahead of each request, with its name: to let something happen in between.
    """

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Row] = {}
        self.requests = 0
        self.before: Callable[[str], None] = lambda request: None
        self._versions = count(1)
        self._lock = Lock()

    def get(self, partition: str, row: str) -> Row | None:
        self._request("get")
        return self._copy(partition, row)

    def get_many(self, partition: str, rows: Sequence[str]) -> dict[str, Row]:
        found = {row: self.get(partition, row) for row in rows}
        return {key: row for key, row in found.items() if row is not None}

    def pages(
        self, query_filter: str, *, size: int = 1000, only: Sequence[str] | None = None
    ) -> Iterator[list[Row]]:
        comparisons = COMPARISON.findall(query_filter)
        assert comparisons and len(comparisons) == query_filter.count("'") // 2, query_filter

        def matches(row: Row) -> bool:
            # A row without a property matches no comparison with it.
            return all(
                name in row and TESTS[test](str(row[name]), value)
                for name, test, value in comparisons
            )

        after = ("", "")
        while True:
            self._request("query")
            found = [key for key in sorted(self.rows) if key > after and matches(self.rows[key])]
            keys = found[:size]
            rows = [row for key in keys if (row := self._copy(*key)) is not None]
            yield [
                Row({name: row[name] for name in only or row if name in row}, row.etag)
                for row in rows
            ]
            if len(keys) < size:
                return
            after = keys[-1]

    def insert(self, row: Mapping[str, Any]) -> str | None:
        try:
            return self.transact([Insert(row)])[0]
        except Changed:
            return None

    def delete(self, partition: str, row: str) -> None:
        self._request("delete")
        self.rows.pop((partition, row), None)

    def merge(self, partition: str, row: str, changes: Mapping[str, Any]) -> bool:
        try:
            self.transact([Merge({"PartitionKey": partition, "RowKey": row, **changes})])
        except Changed:
            return False
        return True

    def transact(self, operations: Sequence[Operation]) -> list[str | None]:
        self._request("transact")
        keys = [_key(operation) for operation in operations]
        assert 0 < len(keys) <= 100, len(keys)
        assert len(set(keys)) == len(keys), "one row twice in a transaction"
        assert len({partition for partition, _ in keys}) == 1
        with self._lock:
            for index, operation in enumerate(operations):
                code = self._refusal(operation)
                if code:
                    raise Changed(code, index)
            return [self._do(operation) for operation in operations]

    def _request(self, name: str) -> None:
        self.requests += 1
        self.before(name)

    def _copy(self, partition: str, row: str) -> Row | None:
        found = self.rows.get((partition, row))
        return Row(dict(found), found.etag) if found is not None else None

    def _refusal(self, operation: Operation) -> str:
        found = self.rows.get(_key(operation))
        if isinstance(operation, Upsert):
            return ""
        if isinstance(operation, Insert):
            return "EntityAlreadyExists" if found is not None else ""
        if found is None:
            return "ResourceNotFound"
        stale = operation.etag is not None and operation.etag != found.etag
        return "UpdateConditionNotSatisfied" if stale else ""

    def _do(self, operation: Operation) -> str | None:
        key = _key(operation)
        if isinstance(operation, Delete):
            del self.rows[key]
            return None
        before = dict(self.rows[key]) if isinstance(operation, Merge) else {}
        assert isinstance(operation, Insert | Merge | Replace | Upsert)
        kept = {**before, **{name: _anew(value) for name, value in operation.row.items()}}
        self.rows[key] = Row(kept, f"version {next(self._versions)}")
        return self.rows[key].etag


def _anew(value: Any) -> Any:
    """Return a value as the service gives it back: equal to what was written, and not the same."""
    return value.encode().decode() if isinstance(value, str) else value


def _key(operation: Operation) -> tuple[str, str]:
    return str(operation.row["PartitionKey"]), str(operation.row["RowKey"])
