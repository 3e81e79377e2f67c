"""An invoice as a person reads it."""

from __future__ import annotations

import json
from typing import Any


def money(minor_units: int, currency: str) -> str:
    """Return an amount of a currency with two decimals, such as `1,054.70 EUR`."""
    return f"{minor_units / 100:,.2f} {currency}"


def table(invoice: dict[str, Any]) -> list[str]:
    """Return the lines of a small table of an InvoiceData."""
    currency = invoice["currency"]
    rows = [
        (
            str(line["quantity"]),
            line["description"],
            money(line["unitPrice"], currency),
            money(line["amount"], currency),
        )
        for line in invoice["lines"]
    ]
    rows.append(("", "Total", "", money(invoice["total"], currency)))
    wide = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        f"{count:>{wide[0]}}  {what:<{wide[1]}}  {each:>{wide[2]}}  {amount:>{wide[3]}}"
        for count, what, each, amount in rows
    ]
    return [*lines[:-1], "-" * len(lines[-1]), lines[-1]]


def as_json(invoice: dict[str, Any]) -> list[str]:
    """Return the lines of an InvoiceData as JSON, one line for each of its own lines."""
    text = json.dumps({**invoice, "lines": []}, indent=2)
    lines = ",\n".join(f"    {json.dumps(line)}" for line in invoice["lines"])
    return text.replace('"lines": []', f'"lines": [\n{lines}\n  ]').splitlines()
