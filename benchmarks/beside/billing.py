"""What a row of Azure Tables takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def entity_bytes(row: Mapping[str, Any]) -> int:
    """Return what Azure bills a row as, texts being UTF-16.

    https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
    """
    total = 4
    for name, value in row.items():
        if name in ("PartitionKey", "RowKey"):
            total += 2 * len(value)
        else:
            size = 2 * len(value) + 4 if isinstance(value, str) else 8
            total += 8 + 2 * len(name) + size
    return total
