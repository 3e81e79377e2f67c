"""The fault proxy between the shop and Azurite."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ordering.errors import StorageUnavailable
from ordering.model import OrderRequest, parse_order
from ordering.shop import Shop, open_shop
from ordering.stock.catalogue import parse_stock_item
from tools.chaos.proxy import NONE, FaultProxy, Faults

TEA = parse_stock_item({"description": "T", "unitPrice": 1, "currency": "EUR", "available": 500})


def order(order_id: str) -> OrderRequest:
    return parse_order(
        {
            "orderId": order_id,
            "customerId": "ada",
            "items": [{"sku": "TEA", "quantity": 1}],
            "paymentMethod": "pm_card_visa",
        }
    )


def insist(call: Callable[..., Any], *arguments: Any) -> Any:
    """Call until storage has answered, as the retries of an activity do."""
    for _ in range(20):
        try:
            return call(*arguments)
        except StorageUnavailable:
            continue
    raise AssertionError("twenty failures in a row")


@pytest.fixture
def proxy(storage: str) -> Iterator[FaultProxy]:
    targets = [int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)/", storage)]
    with FaultProxy(targets, seed=7) as running:
        yield running


@pytest.fixture
def shop(proxy: FaultProxy, storage: str) -> Shop:
    shop = open_shop(proxy.through(storage))
    shop.catalogue.set_item("TEA", TEA)
    return shop


def test_without_faults_all_is_passed_on(proxy: FaultProxy, shop: Shop) -> None:
    item = shop.catalogue.get_item("TEA")
    assert item is not None and item.to_json() == {"sku": "TEA", **TEA.to_json()}
    assert proxy.made == {}


def test_what_is_refused_is_not_done(proxy: FaultProxy, shop: Shop, storage: str) -> None:
    proxy.faults = Faults(refused=1.0)
    with pytest.raises(StorageUnavailable, match="503"):
        shop.inventory.release("o-1")
    assert proxy.made["refused"] > 0
    assert open_shop(storage).inventory.reservation("o-1") is None


def test_what_is_lost_is_done_and_not_answered(proxy: FaultProxy, shop: Shop, storage: str) -> None:
    shop.accepted.find("o-1")
    proxy.faults = Faults(lost=1.0)
    with pytest.raises(StorageUnavailable):
        shop.accepted.accept(order("o-1"))
    proxy.faults = NONE
    assert open_shop(storage).accepted.find("o-1") is not None


def test_the_shop_keeps_its_books_although_answers_get_lost(
    proxy: FaultProxy, shop: Shop, storage: str
) -> None:
    proxy.faults = Faults(refused=0.1, lost=0.15)
    for number in range(16):
        placed = order(f"o-{number}")
        insist(shop.accepted.accept, placed)
        insist(shop.inventory.check_and_reserve, placed)
        assert insist(shop.payments.pay, placed)["status"] == "charged"
        if number % 4 == 0:
            insist(shop.payments.refund, placed.order_id)
            insist(shop.inventory.release, placed.order_id)
        insist(shop.restocks.restock, "TEA", 2, f"delivery {number}")
    insist(shop.restocks.restock, "TEA", 1, "the last")
    assert proxy.made["lost"] > 3
    item = open_shop(storage).catalogue.get_item("TEA")
    assert item is not None and item.entry["available"] == 500 - 12 + 32 + 1
