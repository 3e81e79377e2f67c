"""Azure Tables as the shop uses them: made on first need, errors in the shop's own terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import wait
from secrets import token_hex
from typing import Any
from urllib.parse import quote

from ordering.storage import batches, failures
from ordering.storage.accounts import Account
from ordering.storage.connection_strings import account_at
from ordering.storage.entities import Row, from_json, to_json
from ordering.storage.table_service import HEADERS, WRITE, TableService, error_code
from ordering.storage.transactions import Changed, Delete, Merge, Operation, check
from ordering.storage.transport import Answer

__all__ = ["Changed", "Row", "Table", "TableService", "connect"]

_NO_TABLE = "TableNotFound"
_NEXT = ("NextPartitionKey", "NextRowKey")
_READ = {**HEADERS, "Accept": "application/json;odata=minimalmetadata"}


def connect(account: Account | str, **hooks: Any) -> TableService:
    """Return the tables of an account or of a connection string; makes no request.

    `hooks` are the SDK's raw_request_hook and raw_response_hook. Raises SettingsError.
    """
    return TableService(account_at(account), **hooks)


class Table:
    """One table. Safe to share between threads.

    Every method raises StorageUnavailable when storage cannot be reached or fails. A request whose
    answer got lost is sent again: what it wrote the first time is then found there.
    """

    def __init__(self, service: TableService, name: str) -> None:
        self.name = name
        self._service = service
        self._what = f"table {name}"

    def get(self, partition: str, row: str) -> Row | None:
        """Return one row, or None."""
        path = batches.row_path(self.name, {"PartitionKey": partition, "RowKey": row})
        answer = self._send("GET", path, _READ, expected="ResourceNotFound")
        if answer.status_code == 404:
            return None
        return from_json(answer.json(), answer.headers.get("ETag", ""))

    def get_many(self, partition: str, rows: Sequence[str]) -> dict[str, Row]:
        """Return those of the rows that exist, by key; one request for each, many at once."""
        keys = list(dict.fromkeys(rows))
        if len(keys) < 2:
            found = [self.get(partition, key) for key in keys]
        else:
            reads = [self._service.readers.submit(self.get, partition, key) for key in keys]
            # All of them, also where one fails: none is still under way after this.
            wait(reads)
            found = [read.result() for read in reads]
        return {key: row for key, row in zip(keys, found, strict=True) if row is not None}

    def pages(
        self, query_filter: str, *, size: int = 1000, only: Sequence[str] | None = None
    ) -> Iterator[list[Row]]:
        """Yield the rows that match, at most `size` (1,000 at most) in one request.

        `only` names the properties that are needed.
        """
        query = {"$filter": query_filter, "$top": str(size)}
        if only:
            query["$select"] = ",".join(only)
        while True:
            text = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
            answer = self._send("GET", f"{self.name}()?{text}", _READ)
            yield [from_json(row) for row in answer.json()["value"]]
            token = {name: answer.headers.get(f"x-ms-continuation-{name}") for name in _NEXT}
            if not token["NextPartitionKey"]:
                return
            query |= {name: value for name, value in token.items() if value}

    def insert(self, row: Mapping[str, Any]) -> str | None:
        """Add a row and return its ETag; None if it is there already."""
        content = to_json(row)
        answer = self._send("POST", self.name, WRITE, content, "EntityAlreadyExists")
        return None if answer.status_code == 409 else answer.headers.get("ETag", "")

    def transact(self, operations: Sequence[Operation]) -> list[str | None]:
        """Do all operations on one partition or none; raises Changed, having done none.

        Returns the new ETag of each operation's row, None for a removed one. Raises ValueError for
        more than 100 operations, two on one row, or rows of two partitions.
        """
        check(operations)
        if not operations:
            return []
        boundary = token_hex(8)
        url = self._service.account.table_url
        body = batches.write(url, self.name, operations, boundary)
        headers = {**_READ, "Content-Type": f"multipart/mixed; boundary=batch_{boundary}"}
        try:
            etags = self._transact(headers, body)
        except batches.Refused as refused:
            if refused.status in (404, 409, 412) and not refused.code.startswith("Table"):
                raise Changed(refused.code, refused.index) from None
            raise failures.refused(
                self._service.account, self._what, refused.status, refused.code
            ) from None
        if len(etags) != len(operations):
            raise failures.refused(self._service.account, self._what, 202, "incomplete answer")
        return etags

    def merge(
        self, partition: str, row: str, changes: Mapping[str, Any], *, etag: str | None = None
    ) -> bool:
        """Change some properties of a row; return False if it is not there.

        Raises Changed if the row is no longer at `etag`.
        """
        try:
            self.transact([Merge({"PartitionKey": partition, "RowKey": row, **changes}, etag)])
        except Changed as changed:
            if changed.missing:
                return False
            raise
        return True

    def delete(self, partition: str, row: str) -> None:
        """Remove a row; does nothing if it is not there."""
        try:
            self.transact([Delete({"PartitionKey": partition, "RowKey": row})])
        except Changed as changed:
            if not changed.missing:
                raise

    def _transact(self, headers: Mapping[str, str], body: bytes) -> list[str | None]:
        try:
            return batches.read(self._send("POST", "$batch", headers, body).content)
        except batches.Refused as refused:
            if refused.code != _NO_TABLE:
                raise
        self._service.make_table(self.name)
        return batches.read(self._send("POST", "$batch", headers, body).content)

    def _send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        content: bytes | None = None,
        expected: str = "",
    ) -> Answer:
        """Return the answer, which is no error but perhaps the one with the code `expected`."""
        answer = self._service.send(method, path, headers, content, self._what)
        code = error_code(answer)
        if code == _NO_TABLE:
            self._service.make_table(self.name)
            answer = self._service.send(method, path, headers, content, self._what)
            code = error_code(answer)
        if code in ("", expected):
            return answer
        raise failures.refused(self._service.account, self._what, answer.status_code, code)
