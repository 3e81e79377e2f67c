"""An order as the command line or a file says it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.processes import WrongUsage


def order_from(
    file: str | None, order_id: str | None, customer: str, items: Sequence[str], payment: str
) -> Any:
    """Return the OrderRequestData of the command line or of a file; raises WrongUsage.

    The app checks it: nothing is known here of what an order must be.
    """
    if file:
        if items or order_id:
            raise WrongUsage("Say a file, or --item and the others, not both.")
        return read_file(file)
    if not items:
        raise WrongUsage("Say what is ordered: --item SKU=QUANTITY, or a file with the order.")
    order: dict[str, Any] = {
        "customerId": customer,
        "items": [item(text) for text in items],
        "paymentMethod": payment,
    }
    return {"orderId": order_id, **order} if order_id else order


def item(text: str) -> dict[str, Any]:
    """Return a line of an order from `SKU=QUANTITY`; raises WrongUsage."""
    sku, _, quantity = text.partition("=")
    if not (quantity.isascii() and quantity.isdigit() and len(quantity) < 10):
        raise WrongUsage(f"--item {text} is not SKU=QUANTITY, such as coffee-beans=3.")
    return {"sku": sku, "quantity": int(quantity)}


def read_file(name: str) -> Any:
    """Return the JSON of a file, or of standard input for `-`; raises WrongUsage."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        return json.loads(text)
    except OSError as error:
        raise WrongUsage(f"{name} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise WrongUsage(f"{name} is not JSON: {error}") from error
