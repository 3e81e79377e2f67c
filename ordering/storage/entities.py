"""Rows as Python has them, and as the table service writes them: OData JSON with types.

https://learn.microsoft.com/rest/api/storageservices/payload-format-for-table-service-operations
"""

from __future__ import annotations

import json
import math
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

_TYPE = "@odata.type"
_INT64 = range(-(2**63), 2**63)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Row(dict[str, Any]):
    """A row as plain Python values; `etag` names the version that was read."""

    def __init__(
        self, properties: Mapping[str, Any] | Iterable[tuple[str, Any]] = (), etag: str = ""
    ) -> None:
        super().__init__(properties)
        self.etag = etag


def to_json(row: Mapping[str, Any]) -> bytes:
    """Return a row as the body of a request.

    Every int becomes an Int64: without a type it would be limited to 32 bits. A datetime without
    a zone is in UTC. Raises TypeError for a value that no property can hold, ValueError for a
    number that is too large.
    """
    body: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, (str, bool)):
            body[name] = value
        else:
            body[name + _TYPE], body[name] = _typed(name, value)
    return _encode(body).encode()


def from_json(body: Mapping[str, Any], etag: str = "") -> Row:
    """Return the row that an answer with minimal metadata holds."""
    row = Row(etag=str(body.get("odata.etag") or etag))
    for name, value in body.items():
        if "." in name:  # metadata: no property's name has a dot
            continue
        read = _READERS.get(str(body.get(name + _TYPE)))
        row[name] = read(value) if read else value
    return row


def _typed(name: str, value: Any) -> tuple[str, Any]:
    if isinstance(value, int):
        if value not in _INT64:
            raise ValueError(f"The property {name} takes 64 bits; {value} has more.")
        return "Edm.Int64", str(value)
    if isinstance(value, bytes):
        return "Edm.Binary", b64encode(value).decode()
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        utc = moment.astimezone(timezone.utc).replace(tzinfo=None)
        return "Edm.DateTime", utc.isoformat(timespec="microseconds") + "Z"
    if isinstance(value, float):
        return "Edm.Double", value if math.isfinite(value) else _not_finite(value)
    raise TypeError(f"The property {name} cannot hold a {type(value).__name__}.")


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _moment(text: str) -> datetime:
    """Read a time in UTC; the service tells seven decimals, and Python keeps six."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{fraction[:6]:0<6}").replace(tzinfo=timezone.utc)


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "Edm.Int64": int,
    "Edm.Binary": b64decode,
    "Edm.DateTime": _moment,
    "Edm.Double": float,
}
