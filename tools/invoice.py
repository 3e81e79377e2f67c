"""An invoice as a person reads it."""

from __future__ import annotations

import json
from typing import Any

from tools.tables import table


def money(minor_units: int, currency: str) -> str:
    """Return an amount of a currency with two decimals, such as `1,054.70 EUR`."""
    return f"{minor_units / 100:,.2f} {currency}"


def lines_of(invoice: dict[str, Any]) -> list[str]:
    """Return the lines of a small table of an InvoiceData."""
    currency = invoice["currency"]
    rows = [
        (
            line["quantity"],
            line["description"],
            money(line["unitPrice"], currency),
            money(line["amount"], currency),
        )
        for line in invoice["lines"]
    ]
    total = ("", "Total", "", money(invoice["total"], currency))
    return table([*rows, total], right=(0, 2, 3), ruled_off=True)


def as_json(invoice: dict[str, Any]) -> list[str]:
    """Return the lines of an InvoiceData as JSON, one line for each of its own lines."""
    text = json.dumps({**invoice, "lines": []}, indent=2)
    lines = ",\n".join(f"    {json.dumps(line)}" for line in invoice["lines"])
    return text.replace('"lines": []', f'"lines": [\n{lines}\n  ]').splitlines()
