"""Identifiers as they may appear on the wire; match them whole, with `fullmatch`."""

import re

# Instance ids and event names go unquoted into the URLs of the durable client, so this list of
# allowed characters is what keeps one order from reaching another: durable-python PR#435.
ORDER_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")

# Free of quotes and of what Azure Tables forbids in keys (/ \ # ?), so a SKU is safe in a filter.
SKU = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")

CURRENCY = re.compile(r"^[A-Z]{3}$")


def is_order_id(value: object) -> bool:
    """Tell whether a value may be an order's id, and so an instance id."""
    return isinstance(value, str) and ORDER_ID.fullmatch(value) is not None


def is_sku(value: object) -> bool:
    """Tell whether a value may be a stock-keeping unit's code."""
    return isinstance(value, str) and SKU.fullmatch(value) is not None


def is_currency(value: object) -> bool:
    """Tell whether a value has the form of an ISO 4217 currency code."""
    return isinstance(value, str) and CURRENCY.fullmatch(value) is not None


def is_label(value: object, longest: int) -> bool:
    """Tell whether a value is 1 to `longest` printable characters, not padded with spaces.

    Printable means no control characters, line breaks, unassigned characters or unpaired
    surrogates: the last cannot be stored as UTF-8.
    """
    if not isinstance(value, str) or not 1 <= len(value) <= longest:
        return False
    return value.isprintable() and value == value.strip()
