"""A shop on an empty storage account, and what it costs."""

from collections.abc import Callable

import pytest

from ordering.model import OrderRequest, parse_order
from ordering.shop import Shop, open_shop
from ordering.stock.catalogue import parse_stock_item


class Requests:
    """Counts the requests that reach storage; a hook of the SDK's pipeline."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, response: object) -> None:
        self.count += 1

    def of(self, call: Callable[[], object]) -> int:
        before = self.count
        call()
        return self.count - before


@pytest.fixture
def requests() -> Requests:
    return Requests()


@pytest.fixture
def shop(storage: str, requests: Requests) -> Shop:
    return open_shop(storage, raw_response_hook=requests)


@pytest.fixture
def stock(shop: Shop) -> Callable[..., None]:
    """Put a SKU into the catalogue."""

    def put(sku: str, available: int, **changes: object) -> None:
        entry = {"description": sku.title(), "unitPrice": 250, "currency": "EUR", **changes}
        shop.catalogue.set_item(sku, parse_stock_item({**entry, "available": available}))

    return put


@pytest.fixture
def available(shop: Shop) -> Callable[[str], int]:
    """Tell how much of a SKU is free."""

    def ask(sku: str) -> int:
        item = shop.catalogue.get_item(sku)
        assert item is not None
        return int(item.entry["available"])

    return ask


@pytest.fixture
def order() -> Callable[..., OrderRequest]:
    """Make an order: `order("o-1", TEA=2)`."""

    def make(order_id: str, payment_method: str = "pm_card_visa", **items: int) -> OrderRequest:
        return parse_order(
            {
                "orderId": order_id,
                "customerId": "ada",
                "items": [{"sku": sku, "quantity": number} for sku, number in items.items()],
                "paymentMethod": payment_method,
            }
        )

    return make
