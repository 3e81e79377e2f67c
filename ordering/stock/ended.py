"""The orders that a decision ended, so that those few are found among all that were invoiced."""

from __future__ import annotations

import re
from itertools import chain, islice

from ordering.stock.rows import beginning_with, ended_prefix
from ordering.storage.tables import Table

_PLACE = re.compile(r"[0-9]{10}:[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


def is_place(text: str) -> bool:
    """Tell whether a text is where a list may go on."""
    return _PLACE.fullmatch(text) is not None


class EndedOrders:
    """The rows that are written when an order is released, and removed when it is archived."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def page(self, stage: str, most: int, after: str = "") -> tuple[list[str], str | None]:
        """Return the orders that ended at a stage, newest first, and where the next page begins.

        At most 1,000, for one request. `after` is what an earlier page has answered. Orders that
        an earlier version of the app ended are not among them. Raises StorageUnavailable.
        """
        prefix = ended_prefix(stage)
        query = beginning_with(prefix, prefix + after)
        rows = chain.from_iterable(self._table.pages(query, size=most, only=["RowKey"]))
        keys = [str(row["RowKey"]) for row in islice(rows, most)]
        place = keys[-1].removeprefix(prefix) if len(keys) == most else None
        return [key.rpartition(":")[2] for key in keys], place
