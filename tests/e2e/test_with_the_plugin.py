"""The story of an order by the pytest plugin of functions-emulator: a pattern to copy.

The app keeps its stock in tables, which the plugin does not have in memory: they are on Azurite.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from functions_emulator.testing import Functions
from tests.e2e.running_app import order_for, unique
from tools.azurite import Azurite


@pytest.fixture(scope="session")
def functions_settings(azurite: Azurite, storage_accounts: Iterator[str]) -> Mapping[str, str]:
    """One storage account, and so one host, for all tests here: every SKU is unique."""
    return {"AzureWebJobsStorage": azurite.connection_string(next(storage_accounts))}


def stock(functions: Functions, available: int) -> str:
    sku = unique("sku")
    product = {
        "description": "Tea",
        "unitPrice": 350,
        "currency": "EUR",
        "available": available,
    }
    answer = functions.put(f"/api/inventory/{sku}", json=product)
    assert answer.ok, answer.text
    return sku


def available(functions: Functions, sku: str) -> Any:
    return functions.get(f"/api/inventory/{sku}").json()["available"]


def place(functions: Functions, sku: str, quantity: int = 1) -> str:
    answer = functions.post("/api/orders", json=order_for(sku, quantity))
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def test_a_short_order_expires_after_a_week(functions: Functions) -> None:
    sku = stock(functions, 0)
    order = functions.instance(place(functions, sku))
    order.wait_for(custom_status={"stage": "AwaitingProceed"})
    functions.skip(days=6, hours=23)
    assert order.custom_status["stage"] == "AwaitingProceed"
    functions.skip(hours=1)
    assert order.wait().output["stage"] == "Expired"


def test_a_restock_wakes_the_order(functions: Functions) -> None:
    sku = stock(functions, 0)
    order = functions.instance(place(functions, sku, quantity=2))
    order.wait_for(custom_status={"stage": "AwaitingProceed"})

    answer = functions.post(f"/api/inventory/{sku}/restock", json={"quantity": 3})

    assert answer.json()["notified"] == [order.id]
    assert order.wait().output["total"] == 700
    assert available(functions, sku) == 1


def test_a_declined_payment_gives_the_stock_back(functions: Functions) -> None:
    declined = {"status": "declined", "code": "card_declined", "message": "Ask your bank."}
    pay = functions.fake("ProcessPayment", declined)
    sku = stock(functions, 1)
    order = functions.instance(place(functions, sku))
    assert order.wait().output["stage"] == "PaymentDeclined"
    assert [each["orderId"] for each in pay.calls] == [order.id]
    assert available(functions, sku) == 1
