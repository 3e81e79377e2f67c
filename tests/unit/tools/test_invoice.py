import json
from typing import Any

from tools.invoice import as_json, lines_of, money

INVOICE: dict[str, Any] = {
    "currency": "EUR",
    "total": 105470,
    "lines": [
        {"description": "Machine", "quantity": 2, "unitPrice": 49900, "amount": 99800},
        {"description": "Beans, 1 kg", "quantity": 3, "unitPrice": 1890, "amount": 5670},
    ],
}


def test_the_table_lines_up_and_ends_with_the_total() -> None:
    assert lines_of(INVOICE) == [
        "2  Machine      499.00 EUR    998.00 EUR",
        "3  Beans, 1 kg   18.90 EUR     56.70 EUR",
        "----------------------------------------",
        "   Total                    1,054.70 EUR",
    ]


def test_money_is_shown_from_minor_units() -> None:
    assert money(5, "USD") == "0.05 USD"


def test_the_json_is_the_invoice_with_one_line_for_each_line() -> None:
    lines = as_json(INVOICE)
    assert json.loads("\n".join(lines)) == INVOICE
    assert len(lines) == len(INVOICE) + len(INVOICE["lines"]) + 3
