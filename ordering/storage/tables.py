"""Azure Tables as the shop uses them: made on first need, errors in the shop's own terms."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from secrets import token_hex
from typing import Any
from urllib.parse import quote

from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest, HttpResponse

from ordering.storage import batches, failures
from ordering.storage.accounts import Account
from ordering.storage.connection_strings import account_at
from ordering.storage.entities import Row, from_json, to_json
from ordering.storage.pipelines import open_pipeline
from ordering.storage.transactions import Changed, Delete, Merge, Operation, check

__all__ = ["Changed", "Row", "Table", "TableService", "connect"]

_READERS = 16
_NO_TABLE = "TableNotFound"
_NEXT = ("NextPartitionKey", "NextRowKey")
_HEADERS = {"x-ms-version": "2019-02-02", "DataServiceVersion": "3.0"}
_READ = {**_HEADERS, "Accept": "application/json;odata=minimalmetadata"}
_WRITE = {
    **_HEADERS,
    "Accept": "application/json;odata=nometadata",
    "Content-Type": "application/json",
    "Prefer": "return-no-content",
}


class TableService:
    """The tables of a storage account, to be opened once per process. Safe to share."""

    def __init__(self, account: Account, **hooks: Any) -> None:
        self.account = account
        self._pipeline = open_pipeline(account, **hooks)
        self.readers = ThreadPoolExecutor(_READERS, thread_name_prefix="tables")

    def send(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes | None, what: str
    ) -> HttpResponse:
        """Return the service's answer; raises StorageUnavailable if there is none."""
        url = f"{self.account.table_url}/{path}"
        request = HttpRequest(method, url, headers=dict(headers), content=content)
        try:
            return self._pipeline.send_request(request)
        except AzureError as error:
            raise failures.unreachable(self.account, what, error) from None


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
        answer = self._send("GET", path, _READ)
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
        answer = self._send("POST", self.name, _WRITE, to_json(row))
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
        headers = {**_WRITE, "Content-Type": f"multipart/mixed; boundary=batch_{boundary}"}
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

        Raises Changed if the row is no more at `etag`.
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
        self._make()
        return batches.read(self._send("POST", "$batch", headers, body).content)

    def _send(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes | None = None
    ) -> HttpResponse:
        answer = self._service.send(method, path, headers, content, self._what)
        code = _code(answer)
        if code == _NO_TABLE:
            self._make()
            answer = self._service.send(method, path, headers, content, self._what)
            code = _code(answer)
        if code in ("", "EntityAlreadyExists", "ResourceNotFound"):
            return answer
        raise failures.refused(self._service.account, self._what, answer.status_code, code)

    def _make(self) -> None:
        body = json.dumps({"TableName": self.name}).encode()
        answer = self._service.send("POST", "Tables", _WRITE, body, self._what)
        code = _code(answer)
        # Another thread or process may have been faster.
        if code not in ("", "TableAlreadyExists"):
            raise failures.refused(self._service.account, self._what, answer.status_code, code)


def _code(answer: HttpResponse) -> str:
    """Return the code of an error, empty for an answer that is none."""
    if answer.status_code < 400:
        return ""
    code, _ = batches.error_in(answer.content)
    return code or answer.headers.get("x-ms-error-code") or str(answer.status_code)
