"""The fault proxy between the shop and Azurite."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ordering.errors import StorageUnavailable
from ordering.model import OrderRequest, parse_order
from ordering.shop import Shop, open_shop
from ordering.stock.catalogue import parse_stock_item
from tools.chaos.armed import Armed
from tools.chaos.journal import Journal
from tools.chaos.proxy import FaultProxy
from tools.chaos.schedule import PlannedFault

TEA = parse_stock_item({"description": "T", "unitPrice": 1, "currency": "EUR", "available": 500})
# More than a request is repeated.
MANY = 8
ORDER = "s1-r000-0001"


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
def armed() -> Armed:
    return Armed()


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def proxy(storage: str, armed: Armed, journal: Journal) -> Iterator[FaultProxy]:
    targets = [int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)/", storage)]
    with FaultProxy(targets, armed, journal) as running:
        yield running


@pytest.fixture
def shop(proxy: FaultProxy, storage: str) -> Shop:
    shop = open_shop(proxy.through(storage))
    shop.catalogue.set_item("TEA", TEA)
    return shop


def arm(armed: Armed, kind: str, times: int = 1) -> None:
    for number in range(times):
        armed.add("storage", PlannedFault(0, kind, number))


def test_without_faults_all_is_passed_on(shop: Shop, journal: Journal) -> None:
    item = shop.catalogue.get_item("TEA")
    assert item is not None and item.to_json() == {"sku": "TEA", **TEA.to_json()}
    assert journal.events == []


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("storage-reset", "closed connection"),
        ("storage-500", "500"),
        ("storage-429", "429"),
        ("storage-503", "503"),
    ],
)
def test_what_is_refused_is_not_done(
    shop: Shop, armed: Armed, journal: Journal, storage: str, kind: str, reason: str
) -> None:
    shop.inventory.reservation(ORDER)
    arm(armed, kind, MANY)
    with pytest.raises(StorageUnavailable, match=reason):
        shop.inventory.release(ORDER)
    armed.disarm()
    assert journal.counts()[kind] > 0
    assert journal.orders_hit()[kind] == {ORDER}
    assert open_shop(storage).inventory.reservation(ORDER) is None


def test_what_is_lost_is_done_and_not_answered(shop: Shop, armed: Armed, storage: str) -> None:
    shop.accepted.find("o-1")
    arm(armed, "storage-lost", MANY)
    with pytest.raises(StorageUnavailable):
        shop.accepted.accept(order("o-1"))
    assert open_shop(storage).accepted.find("o-1") is not None


def test_one_fault_is_survived_without_a_word(shop: Shop, armed: Armed, journal: Journal) -> None:
    for kind in ("storage-reset", "storage-500", "storage-429", "storage-503", "storage-lost"):
        arm(armed, kind)
        assert shop.accepted.find("o-1") is None
        assert journal.counts()[kind] == 1


def test_a_poll_of_a_queue_meets_no_fault(shop: Shop, armed: Armed, journal: Journal) -> None:
    shop.events.send(["{}"])
    arm(armed, "storage-500")
    shop.failed_events.peek(1)
    assert journal.events == []


def test_a_message_that_the_app_sends_is_doubled(
    shop: Shop, armed: Armed, journal: Journal
) -> None:
    armed.add("app-message", PlannedFault(0, "message-doubled", 0))
    shop.failed_events.send(["{}", "[]"])
    assert journal.counts() == {"message-doubled": 1}
    assert len(shop.failed_events.peek(10)) == 3


def test_the_shop_keeps_its_books_although_answers_get_lost(
    shop: Shop, armed: Armed, journal: Journal, storage: str
) -> None:
    for number in range(16):
        arm(armed, "storage-lost" if number % 2 else "storage-503")
        placed = order(f"o-{number}")
        insist(shop.accepted.accept, placed)
        insist(shop.inventory.check_and_reserve, placed)
        arm(armed, "storage-lost")
        assert insist(shop.payments.pay, placed)["status"] == "charged"
        if number % 4 == 0:
            insist(shop.payments.refund, placed.order_id)
            insist(shop.inventory.release, placed.order_id)
        arm(armed, "storage-lost")
        insist(shop.restocks.restock, "TEA", 2, f"delivery {number}")
    insist(shop.restocks.restock, "TEA", 1, "the last")
    assert journal.counts()["storage-lost"] > 20
    item = open_shop(storage).catalogue.get_item("TEA")
    assert item is not None and item.entry["available"] == 500 - 12 + 32 + 1
