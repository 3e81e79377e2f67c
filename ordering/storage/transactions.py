"""What a transaction does to the rows of one partition: all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

# https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
MOST_OPERATIONS = 100


@dataclass(frozen=True)
class Insert:
    """Add a row; fails if it exists."""

    row: Mapping[str, Any]


@dataclass(frozen=True)
class Merge:
    """Change the named properties of a row that exists, and is at `etag` if that is given."""

    row: Mapping[str, Any]
    etag: str | None = None


@dataclass(frozen=True)
class Replace:
    """Change all properties of a row that exists, and is at `etag` if that is given."""

    row: Mapping[str, Any]
    etag: str | None = None


@dataclass(frozen=True)
class Upsert:
    """Add a row, or put it in the place of the one with its key."""

    row: Mapping[str, Any]


@dataclass(frozen=True)
class Delete:
    """Remove a row that exists, and is at `etag` if that is given; only its key is read."""

    row: Mapping[str, Any]
    etag: str | None = None


Operation: TypeAlias = Insert | Merge | Replace | Upsert | Delete


class Changed(Exception):
    """A row is not as the writer took it to be: nothing was written.

    `code` is the service's, `index` the operation that it named, if it named one.
    """

    def __init__(self, code: str, index: int | None = None) -> None:
        super().__init__(code if index is None else f"{code} (operation {index})")
        self.code = code
        self.index = index

    @property
    def exists(self) -> bool:
        """Whether a row that was to be added is there already."""
        return self.code == "EntityAlreadyExists"

    @property
    def missing(self) -> bool:
        """Whether a row that was to be changed or removed is not there."""
        return self.code == "ResourceNotFound"

    @property
    def stale(self) -> bool:
        """Whether a row was changed since its ETag was read."""
        return self.code == "UpdateConditionNotSatisfied"


def check(operations: Sequence[Operation]) -> None:
    """Raise ValueError unless one transaction can do all of this."""
    if len(operations) > MOST_OPERATIONS:
        raise ValueError(
            f"A transaction takes {MOST_OPERATIONS} operations, not {len(operations)}."
        )
    if len({operation.row["PartitionKey"] for operation in operations}) > 1:
        raise ValueError("A transaction takes rows of one partition.")
    if len({operation.row["RowKey"] for operation in operations}) < len(operations):
        raise ValueError("A transaction takes one operation on each row.")
