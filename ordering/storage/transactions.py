"""The operations of a transaction (shim until the storage branch lands)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Insert:
    row: Mapping[str, Any]


@dataclass(frozen=True)
class Merge:
    row: Mapping[str, Any]
    etag: str | None = None


@dataclass(frozen=True)
class Replace:
    row: Mapping[str, Any]
    etag: str | None = None


@dataclass(frozen=True)
class Upsert:
    row: Mapping[str, Any]


@dataclass(frozen=True)
class Delete:
    row: Mapping[str, Any]
    etag: str | None = None


Operation: TypeAlias = Insert | Merge | Replace | Upsert | Delete
