"""Azure Tables as the shop uses them: made on first need, errors in the shop's own terms."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar
from urllib.request import getproxies

import requests
from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ServiceResponseError,
)
from azure.core.pipeline.transport import RequestsTransport
from azure.data.tables import TableClient, TableServiceClient, UpdateMode
from requests.adapters import HTTPAdapter

from ordering.errors import SettingsError, StorageUnavailable
from ordering.storage.transactions import Merge, Operation


class Row(dict[str, Any]):
    def __init__(self, values: Mapping[str, Any], etag: str) -> None:
        super().__init__(values)
        self.etag = etag


def _row(e: Any) -> Row:
    return Row({k: (v[0] if isinstance(v, tuple) else v) for k, v in e.items()}, e.metadata["etag"])


def _enc(row: Mapping[str, Any]) -> dict[str, Any]:
    from azure.data.tables import EdmType, EntityProperty

    return {k: (EntityProperty(v, EdmType.INT64) if type(v) is int else v) for k, v in row.items()}


def _sdk(op: Operation) -> Any:
    cond = (
        {"etag": op.etag, "match_condition": MatchConditions.IfNotModified}
        if getattr(op, "etag", None)
        else {}
    )
    kind = {
        "Insert": "create",
        "Merge": "update",
        "Replace": "update",
        "Upsert": "upsert",
        "Delete": "delete",
    }[type(op).__name__]
    if kind == "update":
        cond["mode"] = UpdateMode.MERGE if isinstance(op, Merge) else UpdateMode.REPLACE
    if kind == "upsert":
        cond["mode"] = UpdateMode.REPLACE
    return kind, _enc(op.row), cond


Result = TypeVar("Result")

# Short: a stopped storage emulator must show within seconds. The long waiting is done by the
# retries of durable activities, which cost no thread.
_RETRIES = {
    "retry_total": 3,
    "retry_connect": 2,
    "retry_read": 1,
    "retry_backoff_factor": 0.2,
    "retry_backoff_max": 2,
}
_TIMEOUTS = {"connection_timeout": 3, "read_timeout": 10}
# More than the worker has threads: PYTHON_THREADPOOL_THREAD_COUNT is at most 32 by default.
_CONNECTIONS = 64


class Changed(Exception):
    """The rows are not as they were read: nothing was written."""

    def __init__(self, code: str, index: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.index = index


class FilterRefused(StorageUnavailable):
    """The service refused a query's filter."""


def connect(connection_string: str, **options: Any) -> TableServiceClient:
    """Return a client with pooled connections, to be made once per process.

    `options` go to TableServiceClient. Raises SettingsError for a connection string that is none.
    """
    transport: Any = RequestsTransport(
        session=new_session(), session_owner=False, connection_verify=certificates()
    )
    settings = {"transport": transport, **_RETRIES, **_TIMEOUTS, **options}
    try:
        return TableServiceClient.from_connection_string(connection_string, **settings)
    except ValueError:
        # The error's own text may hold the account's key.
        raise SettingsError(
            "AzureWebJobsStorage is not a connection string of a storage account."
        ) from None


def new_session() -> requests.Session:
    """Return a session with pooled connections that obeys the proxies of the environment."""
    session = requests.Session()
    session.mount("http://", HTTPAdapter(pool_maxsize=_CONNECTIONS))
    session.mount("https://", HTTPAdapter(pool_maxsize=_CONNECTIONS))
    # Else it looks at the environment again for each request, at a tenth of the request's cost.
    session.trust_env = bool(getproxies().keys() - {"no"})
    return session


def certificates() -> str | bool:
    """Return the certificates that the environment names for `requests`; True for its own."""
    names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    return next((os.environ[name] for name in names if os.environ.get(name)), True)


class Table:
    """One table. Safe to share between threads.

    Every method raises StorageUnavailable when storage cannot be reached or fails.
    """

    def __init__(self, service: TableServiceClient, name: str) -> None:
        self._service = service
        self._name = name
        self._client = service.get_table_client(name)

    def get(self, partition: str, row: str) -> Row | None:
        """Return one row, or None."""
        try:
            return _row(self._run(lambda client: client.get_entity(partition, row)))
        except Changed:
            return None

    def get_many(self, partition: str, rows: Sequence[str]) -> dict[str, Row]:
        found = {row: self.get(partition, row) for row in rows}
        return {key: row for key, row in found.items() if row is not None}

    def query(self, query_filter: str) -> list[Row]:
        """Return the rows that match; raises FilterRefused if the service rejects the filter."""
        return [row for page in self.pages(query_filter) for row in page]

    def pages(
        self, query_filter: str, size: int = 1000, only: list[str] | None = None
    ) -> Iterator[list[Row]]:
        """Yield the rows that match, at most `size` (1,000 at most) in one request.

        `only` names the properties that are needed.
        """
        token: Any = None
        while True:
            page, token = self._run(partial(_page, query_filter, size, only, token))
            yield page
            if not token:
                return

    def insert(self, row: Mapping[str, Any]) -> str | None:
        """Add a row; return False if it is there already."""
        try:
            return str(self._run(lambda client: client.create_entity(_enc(row)))["etag"])
        except Changed:
            return None

    def replace(self, row: Mapping[str, Any]) -> None:
        """Add a row or put it in the place of the one with its key."""
        self._run(lambda client: client.upsert_entity(row, mode=UpdateMode.REPLACE))

    def merge(self, partition: str, row: str, changes: Mapping[str, Any]) -> bool:
        """Change some properties of a row; return False if it is not there."""
        entity = _enc({"PartitionKey": partition, "RowKey": row, **changes})
        try:
            self._run(lambda client: client.update_entity(entity, mode=UpdateMode.MERGE))
        except Changed:
            return False
        return True

    def delete(self, partition: str, row: str) -> None:
        """Remove a row; does nothing if it is not there."""
        self._run(lambda client: client.delete_entity(partition, row))

    def transact(self, operations: Sequence[Operation]) -> list[str | None]:
        """Do all operations on one partition or none; raises Changed, having done none.

        Changed means that a row was changed, added or removed by somebody else. Returns the new
        ETag of each operation's row, empty for one that is gone.
        """
        parts = [_sdk(op) for op in operations]
        done = self._run(lambda client: client.submit_transaction(parts))
        return [part.get("etag") or None for part in done]

    def _run(self, operation: Callable[[TableClient], Result]) -> Result:
        try:
            try:
                return operation(self._client)
            except ServiceResponseError:
                # A pooled connection that the server had closed. The SDK repeats no POST; here
                # every write is guarded or unconditional, so a second try does no harm.
                return operation(self._client)
            except HttpResponseError as error:
                if _code(error) != "TableNotFound":
                    raise
                self._service.create_table_if_not_exists(self._name)
                return operation(self._client)
        except HttpResponseError as error:
            raise self._translated(error) from error
        except AzureError as error:
            kind = type(error).__name__
            raise StorageUnavailable(
                f"Table storage cannot be reached ({kind}, table {self._name}). "
                "Locally: is Azurite running?"
            ) from error

    def _translated(self, error: HttpResponseError) -> Exception:
        code, status = _code(error), error.status_code
        if status in (404, 409, 412) and not code.startswith("Table"):
            text = getattr(error, "message", "") or ""
            found = __import__("re").search(r"(?:^|\W)(\d+):", text)
            index = getattr(error, "index", None)
            return Changed(code, index if index is not None else (int(found[1]) if found else None))
        text = f"Table storage answered {status} ({code or 'no code'}, table {self._name})."
        if status in (400, 414, 501) and code in ("", "InvalidInput", "NotImplemented"):
            return FilterRefused(text)
        return StorageUnavailable(text)


def _page(
    query_filter: str, size: int, only: list[str] | None, token: Any, client: TableClient
) -> tuple[list[Row], Any]:
    found = client.query_entities(query_filter, results_per_page=size, select=only)
    pages: Any = found.by_page(token)
    page = [_row(e) for e in next(pages, ())]
    return page, pages.continuation_token


def unchanged(row: Row) -> dict[str, Any]:
    """Return the condition that a row is still as it was read."""
    return {"etag": row.metadata["etag"], "match_condition": MatchConditions.IfNotModified}


def _code(error: HttpResponseError) -> str:
    # `create_entity` raises its errors without a code; the service always sends it in a header.
    headers = getattr(error.response, "headers", {})
    code = getattr(error, "error_code", None) or headers.get("x-ms-error-code")
    return str(getattr(code, "value", code) or "")
