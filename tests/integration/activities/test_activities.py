"""The activities as the worker calls them: JSON in, JSON out."""

import json
from typing import Any

import pytest

from activities.inventory import check_and_reserve_inventory, release_inventory
from activities.payment import process_payment, refund_payment
from ordering.shop import shop
from ordering.stock.catalogue import parse_stock_item

ORDER: dict[str, Any] = {
    "orderId": "o-1",
    "customerId": "ada",
    "items": [{"sku": "TEA", "quantity": 2}],
    "paymentMethod": "pm_card_visa",
}


@pytest.fixture(autouse=True)
def five_teas(storage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AzureWebJobsStorage", storage)
    entry = {"description": "Tea", "unitPrice": 250, "currency": "EUR", "available": 5}
    shop().catalogue.set_item("TEA", parse_stock_item(entry))


def call(activity: Any, argument: dict[str, Any]) -> Any:
    """Call an activity; its result must survive JSON."""
    result = activity.build().get_user_function()(argument)
    assert json.loads(json.dumps(result)) == result
    return result


def test_an_order_is_reserved_charged_and_undone() -> None:
    assert call(check_and_reserve_inventory, ORDER) is True
    paid = call(process_payment, ORDER)
    assert (paid["status"], paid["invoice"]["total"]) == ("charged", 500)
    assert call(release_inventory, {"orderId": "o-1"}) == {"released": True}
    assert call(refund_payment, {"orderId": "o-1"}) == {"refunded": 500}


def test_a_check_takes_the_time_at_which_its_order_was_placed() -> None:
    placed = {**ORDER, "placedAt": "2026-11-22T12:00:00Z"}
    assert call(check_and_reserve_inventory, placed) is True


def test_every_activity_run_twice_answers_the_same() -> None:
    for activity, argument in (
        (check_and_reserve_inventory, ORDER),
        (process_payment, ORDER),
        (release_inventory, {"orderId": "o-1"}),
        (refund_payment, {"orderId": "o-1"}),
    ):
        assert call(activity, argument) == call(activity, argument)
    assert shop().catalogue.list_items()[0].entry["available"] == 5


def test_an_order_that_is_short_is_told_so() -> None:
    short = {**ORDER, "items": [{"sku": "TEA", "quantity": 6}]}
    assert call(check_and_reserve_inventory, short) is False


def test_an_order_whose_currencies_have_come_apart_is_rejected() -> None:
    entry = {"description": "Mug", "unitPrice": 900, "currency": "USD", "available": 5}
    shop().catalogue.set_item("MUG", parse_stock_item(entry))
    mixed = {**ORDER, "items": [*ORDER["items"], {"sku": "MUG", "quantity": 1}]}
    answer = call(check_and_reserve_inventory, mixed)
    assert answer["status"] == "rejected" and "EUR, USD" in answer["reason"]
    assert call(release_inventory, {"orderId": "o-1"}) == {"released": False}


def test_a_declined_payment_is_a_result() -> None:
    declining = {**ORDER, "paymentMethod": "pm_card_visa_chargeDeclined"}
    call(check_and_reserve_inventory, declining)
    assert call(process_payment, declining)["code"] == "generic_decline"


def test_the_shop_is_opened_once_per_process() -> None:
    assert shop() is shop()


@pytest.mark.parametrize("available", [0, 5])
def test_an_order_that_has_ended_is_rejected_and_not_told_to_wait(available: int) -> None:
    entry = {"description": "Tea", "unitPrice": 250, "currency": "EUR", "available": available}
    shop().catalogue.set_item("TEA", parse_stock_item(entry))
    call(check_and_reserve_inventory, ORDER)
    call(release_inventory, {"orderId": "o-1", "stage": "PaymentDeclined"})
    answer = call(check_and_reserve_inventory, ORDER)
    assert answer["status"] == "rejected" and "ended" in answer["reason"]
    assert shop().lines.lengths(["TEA", "MUG"]) == {}
