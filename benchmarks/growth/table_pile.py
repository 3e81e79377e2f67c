"""Copies of rows in Azurite's tables, in bulk.

By hand, on the wire format, since 20,000 orders are 60,000 rows and azure-data-tables writes
some hundreds in a second. A batch here may hold rows of many partitions: Azurite looks at the
partition of the first row alone, where Azure refuses such a batch.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import (
    AccountSasPermissions,
    ResourceTypes,
    TableServiceClient,
    generate_account_sas,
)

from ordering.stock.rows import TABLE, WAITING, WAREHOUSE, lines_to_stand_in, open_key, order_key
from tools.azurite import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from tools.processes import ToolError

MOST_OF_A_BATCH = 100
_VERSIONS = {"x-ms-version": "2019-02-02", "DataServiceVersion": "3.0"}

Row = dict[str, Any]


class Tables:
    """Azurite's tables over one connection, without the package's own cost."""

    def __init__(self, connection_string: str) -> None:
        with TableServiceClient.from_connection_string(connection_string) as service:
            self._url = service.url.rstrip("/")
        self._path = urlsplit(self._url).path
        self._connection = http.client.HTTPConnection(urlsplit(self._url).netloc)
        self._signature = generate_account_sas(
            AzureNamedKeyCredential(DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY),
            ResourceTypes(object=True, container=True),
            AccountSasPermissions(read=True, add=True),
            datetime.now(timezone.utc) + timedelta(hours=1),
        )

    def __enter__(self) -> Tables:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._connection.close()

    def read(self, table: str, query_filter: str) -> list[Row]:
        """Return the rows that match, with their types, as they can be added again.

        A table that the app has not made yet has none.
        """
        rows: list[Row] = []
        after: dict[str, str] | None = {}
        while after is not None:
            query = urlencode({"$filter": query_filter, **after}, quote_via=quote)
            answer, body = self._ask("GET", f"{table}()?{query}&{self._signature}")
            if answer.status == 404:
                break
            rows += [_bare(row) for row in json.loads(body)["value"]]
            after = _continuation(answer)
        return rows

    def pile_up(self, table: str, template: str, order_ids: Sequence[str]) -> None:
        """Copy the rows of an order under other ids."""
        texts = [json.dumps(row) for row in self._rows_of(table, template)]
        copies = [text.replace(template, order_id) for order_id in order_ids for text in texts]
        for start in range(0, len(copies), MOST_OF_A_BATCH):
            self._add(table, copies[start : start + MOST_OF_A_BATCH])

    def _rows_of(self, table: str, order_id: str) -> list[Row]:
        if table != TABLE:
            return self.read(table, f"PartitionKey eq '{order_id}'")
        [order] = self._shared([order_key(order_id)])
        lines = lines_to_stand_in(order) if order["state"] == WAITING else []
        return [order, *self._shared([open_key(order_id), *lines])]

    def _shared(self, keys: Sequence[str]) -> list[Row]:
        """Return rows of the warehouse, which all orders share."""
        wanted = " or ".join(f"RowKey eq '{key}'" for key in keys)
        return self.read(TABLE, f"PartitionKey eq '{WAREHOUSE}' and ({wanted})")

    def _add(self, table: str, rows: Sequence[str]) -> None:
        body = "\r\n".join(self._batch(table, rows)).encode()
        headers = {"Content-Type": "multipart/mixed; boundary=batch_pile"}
        _, text = self._ask("POST", f"$batch?{self._signature}", body, headers)
        if text.count("HTTP/1.1 204") != len(rows):
            raise ToolError(f"Azurite did not take {len(rows)} rows of {table}: {text[:1000]}")

    def _batch(self, table: str, rows: Sequence[str]) -> Iterator[str]:
        yield from ("--batch_pile", "Content-Type: multipart/mixed; boundary=changeset_pile", "")
        for row in rows:
            yield from (
                "--changeset_pile",
                "Content-Type: application/http",
                "Content-Transfer-Encoding: binary",
                "",
                f"POST {self._url}/{table} HTTP/1.1",
                "Content-Type: application/json",
                "Accept: application/json;odata=nometadata",
                "Prefer: return-no-content",
                "",
                row,
            )
        yield from ("--changeset_pile--", "--batch_pile--", "")

    def _ask(
        self, method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[http.client.HTTPResponse, str]:
        accept = {"Accept": "application/json;odata=fullmetadata"}
        self._connection.request(
            method, f"{self._path}/{target}", body, {**_VERSIONS, **accept, **(headers or {})}
        )
        answer = self._connection.getresponse()
        text = answer.read().decode()
        if answer.status not in (200, 202, 404):
            raise ToolError(f"Azurite answered {answer.status} to {method} {target}: {text[:1000]}")
        return answer, text


def _bare(row: Row) -> Row:
    """Leave out what the service says of a row."""
    return {
        name: value
        for name, value in row.items()
        if not name.startswith(("odata.", "Timestamp", "PartitionKey@", "RowKey@"))
    }


def _continuation(answer: http.client.HTTPResponse) -> dict[str, str] | None:
    partition = answer.getheader("x-ms-continuation-NextPartitionKey")
    row = answer.getheader("x-ms-continuation-NextRowKey")
    return {"NextPartitionKey": partition, "NextRowKey": row} if partition and row else None
