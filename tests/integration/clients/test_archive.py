"""What is kept of orders that ended long ago: their invoices, and that their ids are spent."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from clients import archive as archive_module
from clients.archive import archive_orders
from ordering import shop as services
from ordering.errors import StorageUnavailable
from ordering.model import parse_order
from ordering.shop import Shop
from ordering.stock.rows import beginning_with
from ordering.storage.tables import Table, connect

pytestmark = pytest.mark.usefixtures("tea")

ORDER: dict[str, Any] = {
    "orderId": "o-1",
    "customerId": "ada",
    "items": [{"sku": "TEA", "quantity": 1}],
    "paymentMethod": "pm_card_visa",
}


@pytest.fixture
def shop(storage: str, api: Any) -> Shop:
    return services.shop()


@pytest.fixture
def archive(api: Any, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Run the timer function as the host does, so many days later."""
    function = archive_orders.build().get_user_function().client_function

    def run(days: int) -> None:
        then = datetime.now(timezone.utc) + timedelta(days=days)
        monkeypatch.setattr(archive_module, "utc_now", lambda: then)
        asyncio.run(function(timer=None, client=api.client))

    return run


@pytest.fixture
def rows(storage: str) -> Callable[[str], list[str]]:
    table = Table(connect(storage), "inventory")
    return lambda prefix: [
        row["RowKey"] for page in table.pages(beginning_with(prefix)) for row in page
    ]


def place(api: Any, shop: Shop, order_id: str, quantity: int = 1, pay: bool = False) -> Any:
    body = {**ORDER, "orderId": order_id, "items": [{"sku": "TEA", "quantity": quantity}]}
    assert api.post("orders", body).status == 202
    order = parse_order(body)
    shop.check_and_reserve(order)
    return shop.payments.pay(order) if pay else order


def end(api: Any, shop: Shop, order_id: str, status: str = "Completed") -> None:
    api.client.ended[order_id] = status
    shop.cleanup.close([order_id])


def test_orders_that_ended_long_ago_leave_the_warehouse_and_the_history(
    api: Any, shop: Shop, archive: Any, rows: Any
) -> None:
    invoice = place(api, shop, "paid", pay=True)["invoice"]
    place(api, shop, "cancelled")
    shop.undo("cancelled", "Cancelled")
    for order_id in ("paid", "cancelled"):
        end(api, shop, order_id)
    shop.restock("TEA", 1, "key")
    archive(89)
    assert rows("order:") == ["order:cancelled", "order:paid"]
    assert api.client.purged == []
    assert (len(rows("closed:")), len(rows("ended:"))) == (2, 1)
    archive(91)
    assert rows("order:") == rows("restock:") == rows("open:") == []
    assert rows("ended:") == rows("closed:") == []
    assert sorted(api.client.purged) == ["cancelled", "paid"]
    assert shop.payments.invoice_of("paid") == invoice
    for order_id in ("paid", "cancelled"):
        again = api.post("orders", {**ORDER, "orderId": order_id})
        assert again.status == 409 and "spent" in again.body["error"]


def test_a_run_that_did_something_is_one_line_and_one_that_did_nothing_is_none(
    api: Any, shop: Shop, archive: Any, caplog: pytest.LogCaptureFixture
) -> None:
    place(api, shop, "paid", pay=True)
    end(api, shop, "paid")
    caplog.set_level(logging.INFO, logger="clients.archive")
    caplog.clear()
    archive(89)
    assert caplog.messages == []
    archive(91)
    assert caplog.messages == ["1 ended orders archived, 0 restocks forgotten"]


def test_orders_whose_end_was_not_seen_are_kept(
    api: Any, shop: Shop, archive: Any, rows: Any
) -> None:
    place(api, shop, "waiting", quantity=9)
    place(api, shop, "held")
    archive(400)
    assert rows("order:") == ["order:held", "order:waiting"]
    assert api.client.purged == []


def test_an_order_whose_history_cannot_be_deleted_is_kept_for_the_next_run(
    api: Any, shop: Shop, archive: Any, rows: Any, caplog: pytest.LogCaptureFixture
) -> None:
    place(api, shop, "o-1", pay=True)
    end(api, shop, "o-1")
    api.client.crash_at_start = True
    caplog.set_level(logging.INFO, logger="clients.archive")
    caplog.clear()
    archive(91)
    assert rows("order:") == ["order:o-1"]
    [told] = caplog.messages
    assert told.startswith("Order o-1 is left for the next run: ")
    api.client.crash_at_start = False
    archive(91)
    assert rows("order:") == []


def test_what_happens_late_to_an_archived_order_changes_nothing(
    api: Any, shop: Shop, archive: Any, rows: Any
) -> None:
    order = parse_order({**ORDER, "orderId": "paid"})
    paid = place(api, shop, "paid", pay=True)
    end(api, shop, "paid")
    archive(91)
    later = replace(shop, retention=timedelta(0))
    long_ago = datetime.now(timezone.utc) - timedelta(days=91)
    assert later.check_and_reserve(order, long_ago) is False
    assert later.payments.pay(order) == paid
    assert shop.catalogue.list_items()[0].entry["available"] == 4
    assert rows("order:") == []


def test_a_list_of_their_end_makes_the_archive_no_dearer(
    api: Any, shop: Shop, archive: Any, rows: Any, count_requests: Callable[[], int]
) -> None:
    costs = []
    for stage in (None, "Cancelled"):
        for number in range(8):
            name = f"{stage}-{number}"
            place(api, shop, name)
            shop.release(name, stage)
            end(api, shop, name)
        before = count_requests()
        archive(91)
        costs.append(count_requests() - before)
    assert costs[0] == costs[1]
    assert rows("ended:") == rows("closed:") == []


def test_many_orders_are_archived_in_pages(
    api: Any, shop: Shop, archive: Any, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ordering.cleanup._ENDED_PAGE", 2)
    for number in range(5):
        place(api, shop, f"o-{number}", pay=True)
        end(api, shop, f"o-{number}")
    archive(91)
    assert rows("order:") == []


def test_an_archive_that_breaks_off_finds_what_lists_its_orders_again(
    api: Any, shop: Shop, archive: Any, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for order_id in ("o-1", "o-2"):
        place(api, shop, order_id)
        shop.undo(order_id, "Cancelled")
        end(api, shop, order_id)
    # Another run has removed one row just now, so each row is removed by itself.
    table = shop.cleanup._table
    table.delete("main", next(key for key in rows("ended:") if key.endswith("o-2")))
    delete, left = table.delete, [2]

    def delete_two(partition: str, key: str) -> None:
        if not left[0]:
            raise StorageUnavailable("gone")
        left[0] -= 1
        delete(partition, key)

    with monkeypatch.context() as broken:
        broken.setattr(table, "delete", delete_two)
        with pytest.raises(StorageUnavailable):
            archive(91)
    archive(91)
    assert rows("order:") == rows("ended:") == rows("closed:") == []


def test_a_run_goes_through_so_many_pages_and_the_next_one_goes_on_there(
    api: Any, shop: Shop, archive: Any, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ordering.cleanup._ENDED_PAGE", 1)
    monkeypatch.setattr(archive_module, "PAGES", 20)
    api.put(
        "inventory/TEA",
        {"description": "Tea", "unitPrice": 250, "currency": "EUR", "available": 25},
    )
    for number in range(23):
        place(api, shop, f"o-{number:02d}")
        # Of the first ones the end was not seen yet: their pages hold nobody to archive.
        if number >= 2:
            end(api, shop, f"o-{number:02d}")
    archive(91)
    assert rows("order:") == [f"order:o-{number:02d}" for number in (0, 1, 20, 21, 22)]
    archive(91)
    assert rows("order:") == ["order:o-00", "order:o-01"]
