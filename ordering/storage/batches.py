"""A transaction on the wire: the multipart body of a `$batch` request, and its answer.

https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ordering.storage.entities import to_json
from ordering.storage.transactions import Delete, Insert, Operation, Upsert

_METHODS = {"Insert": "POST", "Merge": "PATCH", "Delete": "DELETE"}
# One operation's answer, from its status line to the end of its headers. No body can look like
# one: JSON writes the line breaks of a text as \r\n.
_ANSWER = re.compile(rb"^HTTP/1\.\d (\d{3})[^\r\n]*\r?\n((?:[^\r\n]+\r?\n)*)", re.MULTILINE)
_ETAG = re.compile(rb"^ETag:[ \t]*([^\r\n]*)", re.MULTILINE | re.IGNORECASE)
_INDEX = re.compile(r"(\d+):")


class Refused(Exception):
    """The service refused an operation; `index` is which one, if it said so."""

    def __init__(self, status: int, code: str, index: int | None) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.index = index


def row_path(table: str, row: Mapping[str, Any]) -> str:
    """Return the path of a row within the service's URL."""
    partition, key = (_key(str(row[name])) for name in ("PartitionKey", "RowKey"))
    return f"{table}(PartitionKey='{partition}',RowKey='{key}')"


def write(url: str, table: str, operations: Sequence[Operation], boundary: str) -> bytes:
    """Return the body of a request to `$batch`.

    `url` is the service's. `boundary` must not be in any value: take a random one.
    """
    parts = [
        f"--batch_{boundary}\r\n"
        f"Content-Type: multipart/mixed; boundary=changeset_{boundary}\r\n\r\n".encode()
    ]
    for operation in operations:
        parts.append(
            f"--changeset_{boundary}\r\n"
            "Content-Type: application/http\r\n"
            "Content-Transfer-Encoding: binary\r\n\r\n".encode()
        )
        parts.append(_request(url, table, operation))
    parts.append(f"--changeset_{boundary}--\r\n--batch_{boundary}--\r\n".encode())
    return b"".join(parts)


def read(body: bytes) -> list[str | None]:
    """Return the new ETag of each operation's row from the answer, None for a removed one.

    Raises Refused.
    """
    etags: list[str | None] = []
    for answer in _ANSWER.finditer(body):
        status = int(answer[1])
        if status >= 400:
            code, text = error_in(body[answer.end() :])
            named = _INDEX.match(text)
            raise Refused(status, code, int(named[1]) if named else None)
        etag = _ETAG.search(answer[2])
        etags.append(etag[1].decode("latin-1") if etag else None)
    return etags


def error_in(body: bytes) -> tuple[str, str]:
    """Return the code and the text of an error's JSON, both empty if there is none."""
    start, end = body.find(b"{"), body.rfind(b"}")
    try:
        error = json.loads(body[start : end + 1])["odata.error"]
        return str(error["code"]), str(error["message"]["value"])
    except (ValueError, KeyError, TypeError):
        return "", ""


def _request(url: str, table: str, operation: Operation) -> bytes:
    method = _METHODS.get(type(operation).__name__, "PUT")
    path = table if isinstance(operation, Insert) else row_path(table, operation.row)
    lines = [f"{method} {url}/{path} HTTP/1.1", "Accept: application/json;odata=minimalmetadata"]
    etag = _condition(operation)
    if etag:
        lines.append(f"If-Match: {etag}")
    if isinstance(operation, Insert):
        lines.append("Prefer: return-no-content")
    content = b""
    if not isinstance(operation, Delete):
        content = to_json(operation.row)
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    head = "\r\n".join([*lines, "DataServiceVersion: 3.0", "", ""]).encode()
    return head + content + b"\r\n"


def _condition(operation: Operation) -> str:
    """Return what the row must be at: any version where none is given.

    Without a condition the service would add a row that is not there.
    """
    if isinstance(operation, Insert | Upsert):
        return ""
    if operation.etag is None:
        return "*"
    if not (operation.etag and operation.etag.isprintable()):
        raise ValueError("An ETag is neither empty nor does it hold line breaks.")
    return operation.etag


def _key(key: str) -> str:
    return quote(key.replace("'", "''"), safe="")
