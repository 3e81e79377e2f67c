"""Stock and prices as a shopkeeper sees and sets them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from ordering.json_input import Contract, validate
from ordering.model import is_currency, is_label
from ordering.retrying import retry
from ordering.stock.rows import (
    WAREHOUSE,
    beginning_with,
    id_of,
    on_hold,
    row,
    stock_key,
)
from ordering.stock.seen_rows import SeenRows
from ordering.storage.tables import Changed, Row, Table
from ordering.storage.transactions import Insert, Replace

MOST = 10**9
LONGEST_DESCRIPTION = 200
# As many rows as one request of the service answers.
PAGE = 1_000

_WHOLE_NUMBER = f"must be a whole number from 0 to {MOST}"
_RULES = {
    "description": (
        f"must be 1 to {LONGEST_DESCRIPTION} printable characters, without spaces at its ends "
        "or line breaks"
    ),
    "unitPrice": f"{_WHOLE_NUMBER}, in minor units (cents)",
    "currency": "must be a currency code of three capital letters, such as EUR",
    "available": _WHOLE_NUMBER,
}


def _description(value: str) -> str:
    if not is_label(value, LONGEST_DESCRIPTION):
        raise ValueError
    return value


def _currency(value: str) -> str:
    if not is_currency(value):
        raise ValueError
    return value


class StockItem(Contract):
    """What the catalogue says of a SKU; `unitPrice` in minor units of the currency."""

    description: Annotated[str, AfterValidator(_description)]
    unit_price: int = Field(ge=0, le=MOST)
    currency: Annotated[str, AfterValidator(_currency)]
    available: int = Field(ge=0, le=MOST)


def parse_stock_item(data: object) -> StockItem:
    """Return a SKU's entry from its JSON value; raises ContractError with every bad field."""
    return validate(StockItem, data, "The item", _RULES)


class Outdated(Exception):
    """The SKU is not as the caller expects it to be."""


def matches(wanted: str, etag: str) -> bool:
    """Tell whether an ETag is `*` or in a list of ETags, as the headers of HTTP write them."""
    return wanted.strip() == "*" or etag in [each.strip() for each in wanted.split(",")]


@dataclass(frozen=True)
class CatalogueItem:
    """A SKU as the catalogue shows it; `etag` changes with every change of it, a sale too."""

    sku: str
    entry: dict[str, Any]
    held: int
    etag: str

    def to_json(self) -> dict[str, Any]:
        """Return stock and price in plain JSON."""
        return {"sku": self.sku, **self.entry}


class Catalogue:
    """The SKUs of the warehouse. Every method raises StorageUnavailable."""

    def __init__(self, table: Table, seen: SeenRows) -> None:
        self._table = table
        self._seen = seen

    def set_item(
        self, sku: str, item: StockItem, if_match: str | None = None, only_new: bool = False
    ) -> CatalogueItem:
        """Create a SKU or set all of it; `available` is what is free, not what orders hold.

        With `if_match`, ETags or `*`, only if the SKU is still as it was then, or is there at
        all; with `only_new`, only if it is not there: raises Outdated. Without, the last one to
        write wins, also over a sale meanwhile. Raises Contention when orders kept changing the
        SKU for too long.
        """
        self._seen.forget([stock_key(sku)])

        def attempt() -> CatalogueItem:
            found = self._table.get(WAREHOUSE, stock_key(sku))
            if found is None and if_match is not None:
                raise Outdated
            wanted = "*" if if_match is None else if_match
            if found is not None and (only_new or not matches(wanted, found.etag)):
                raise Outdated
            return self._try_to_set(sku, item, found)

        return retry(f"Setting {sku}", attempt, on=Changed)

    def get_item(self, sku: str) -> CatalogueItem | None:
        """Return a SKU's stock and price, or None."""
        found = self._table.get(WAREHOUSE, stock_key(sku))
        return _item(found) if found is not None else None

    def list_items(self, after: str = "", most: int | None = None) -> list[CatalogueItem]:
        """Return stock and price of every SKU, by SKU: of those behind `after`, so many at most."""
        query = beginning_with(stock_key(""), stock_key(after))
        pages = self._table.pages(query, size=min(most or PAGE, PAGE))
        rows = (found for page in pages for found in page)
        return [_item(found) for found in islice(rows, most)]

    def currencies(self, skus: Iterable[str]) -> dict[str, str]:
        """Return the currency of each of these SKUs that the catalogue knows.

        One request for each that this process has not seen. A currency may be out of date; the
        reservation, which has the last word, reads it again.
        """
        keys = [stock_key(sku) for sku in skus]
        rows = self._seen.get(keys)
        missing = [key for key in keys if key not in rows]
        if missing:
            rows |= self._table.get_many(WAREHOUSE, missing)
            self._seen.add(rows)
        return {id_of(found): str(found["currency"]) for found in rows.values()}

    def _try_to_set(self, sku: str, item: StockItem, found: Row | None) -> CatalogueItem:
        held = on_hold(found) if found is not None else 0
        changed = row(
            stock_key(sku),
            available=item.available,
            stocked=item.available + held,
            unitPrice=item.unit_price,
            currency=item.currency,
            description=item.description,
        )
        write = Insert(changed) if found is None else Replace(changed, found.etag)
        etag = str(self._table.transact([write])[0])
        return CatalogueItem(sku, item.to_json(), held, etag)


def _item(found: Row) -> CatalogueItem:
    entry = {
        "description": str(found["description"]),
        "unitPrice": int(found["unitPrice"]),
        "currency": str(found["currency"]),
        "available": int(found["available"]),
    }
    return CatalogueItem(id_of(found), entry, on_hold(found), found.etag)
