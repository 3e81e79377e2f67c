"""Stock and prices as a shopkeeper sees and sets them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from azure.data.tables import TableEntity, UpdateMode
from pydantic import AfterValidator, Field

from ordering.backoff import Backoff
from ordering.json_input import Contract, validate
from ordering.model import is_currency, is_label
from ordering.stock.rows import WAREHOUSE, integer, number, on_hold, row, stock_key
from ordering.stock.seen_rows import SeenRows, read
from ordering.storage.tables import Changed, Table, unchanged

MOST = 10**9
LONGEST_DESCRIPTION = 200

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


class Catalogue:
    """The SKUs of the warehouse. Every method raises StorageUnavailable."""

    def __init__(self, table: Table, seen: SeenRows) -> None:
        self._table = table
        self._seen = seen

    def set_item(self, sku: str, item: StockItem) -> dict[str, Any]:
        """Create a SKU or set all of it; `available` is what is free, not what orders hold.

        An order that is being reserved at the same time sees the change and counts again. Raises
        Contention when orders kept changing the SKU for too long.
        """
        key = stock_key(sku)
        self._seen.forget([key])
        for _ in Backoff().attempts(f"Setting {sku}"):
            found = self._table.get(WAREHOUSE, key)
            entity = row(
                key,
                available=integer(item.available),
                stocked=integer(item.available + (on_hold(found) if found else 0)),
                unitPrice=integer(item.unit_price),
                currency=item.currency,
                description=item.description,
            )
            try:
                if found is not None:
                    replace = {"mode": UpdateMode.REPLACE, **unchanged(found)}
                    self._table.transact([("update", entity, replace)])
                elif not self._table.insert(entity):
                    continue
            except Changed:
                continue
            return {"sku": sku, **item.to_json()}
        raise AssertionError("unreachable")

    def get_item(self, sku: str) -> dict[str, Any] | None:
        """Return a SKU's stock and price, or None."""
        entity = self._table.get(WAREHOUSE, stock_key(sku))
        return _item(entity) if entity is not None else None

    def list_items(self) -> list[dict[str, Any]]:
        """Return stock and price of every SKU, by SKU."""
        # ';' follows ':' in the order of row keys.
        everything = f"PartitionKey eq '{WAREHOUSE}' and RowKey ge 'sku:' and RowKey lt 'sku;'"
        return [_item(entity) for entity in self._table.query(everything)]

    def currencies(self, skus: Iterable[str]) -> dict[str, str]:
        """Return the currency of each of these SKUs that the catalogue knows.

        One request; none when this process has seen them all. A currency may then be out of date;
        the reservation, which has the last word, reads it again.
        """
        keys = [stock_key(sku) for sku in skus]
        rows = self._seen.get(keys)
        if len(rows) < len(keys):
            rows = read(self._table, keys)
            self._seen.add(rows)
        return {_sku(entity): str(entity["currency"]) for entity in rows.values()}


def _sku(entity: TableEntity) -> str:
    return str(entity["RowKey"]).removeprefix("sku:")


def _item(entity: TableEntity) -> dict[str, Any]:
    return {
        "sku": _sku(entity),
        "description": str(entity["description"]),
        "unitPrice": number(entity, "unitPrice"),
        "currency": str(entity["currency"]),
        "available": number(entity, "available"),
    }
