"""What one transaction holds for orders that are checked together."""

from typing import Any

import pytest

from ordering.stock.plan import Plan
from ordering.stock.rows import Line, Reservation, needs_of, reservation
from ordering.stock.turns import MOST_TOGETHER
from ordering.storage.tables import Row
from ordering.storage.transactions import MOST_OPERATIONS, Delete, Insert, Merge, Upsert
from tests.unit.ordering.stock.planned import (
    NOW,
    check,
    held_row,
    keys,
    outcomes,
    stock,
    waiting_row,
)


def test_orders_of_one_sku_change_its_row_once() -> None:
    plan = Plan(stock(TEA=3), NOW)
    for number in range(3):
        assert plan.add(check(f"o-{number}", TEA=1))
    assert keys(plan.operations)[:4] == [
        "Insert order:o-0",
        "Insert order:o-1",
        "Insert order:o-2",
        "Merge sku:TEA",
    ]
    change = plan.operations[3]
    assert isinstance(change, Merge)
    assert (change.row["available"], change.etag) == (0, "etag of TEA")


def test_each_order_gets_all_lines_or_none_first_come_first_served() -> None:
    plan = Plan(stock(TEA=3, MUG=1), NOW)
    for each in (check("a", TEA=2), check("b", TEA=2, MUG=1), check("c", TEA=1, MUG=1)):
        assert plan.add(each)
    assert outcomes(plan) == {"a": True, "b": False, "c": True}
    left = {each.row["RowKey"]: each.row.get("available") for each in plan.operations}
    assert (left["sku:TEA"], left["sku:MUG"]) == (0, 0)


def test_an_order_that_is_short_touches_one_sku_that_it_is_short_of() -> None:
    plan = Plan(stock(TEA=5, MUG=0, JAR=0), NOW)
    assert plan.add(check("a", TEA=1, MUG=1, JAR=1, NONE=1))
    changes = [each for each in plan.operations if isinstance(each, Merge)]
    assert [(each.row["RowKey"], each.row["available"]) for each in changes] == [("sku:MUG", 0)]


def test_an_order_stands_in_the_line_of_every_sku_that_it_needs() -> None:
    plan = Plan(stock(TEA=5, MUG=0), NOW)
    plan.add(check("a", TEA=2, MUG=1))
    lines = [each for each in plan.operations if "waiting:" in str(each.row["RowKey"])]
    assert keys(lines) == [
        "Insert waiting:MUG:2026-11-24T000000.000000Z:a",
        "Insert waiting:TEA:2026-11-24T000000.000000Z:a",
    ]
    assert all(needs_of(each.row) == {"TEA": 2, "MUG": 1} for each in lines)


def test_an_order_of_fifty_lines_fits_a_transaction_in_every_step() -> None:
    needs = {f"SKU{number:02d}": 1 for number in range(50)}
    short = {**dict.fromkeys(needs, 1), "SKU31": 0}
    first = check("big", **needs)
    plan = Plan(stock(**short), NOW)
    assert plan.add(first) and len(plan.operations) <= MOST_OPERATIONS
    assert any(":SKU31:" in key for key in keys(plan.operations)), "in line where it is short"
    stored = Row(dict(plan.operations[0].row), "etag")
    again = Plan(stock(**dict.fromkeys(needs, 1)), NOW)
    assert again.add(check("big", stored, **needs))
    assert len(again.operations) == MOST_OPERATIONS
    deleted = [each.row["RowKey"] for each in again.operations if isinstance(each, Delete)]
    inserted = [each.row["RowKey"] for each in plan.operations if isinstance(each, Insert)]
    assert set(deleted) == {key for key in inserted if str(key).startswith("waiting:")}


def test_an_order_that_finds_no_room_is_left_for_the_next_transaction() -> None:
    plan = Plan(stock(TEA=1000), NOW)
    taken = 0
    while plan.add(check(f"o-{taken}", TEA=1)):
        taken += 1
    assert taken == 49
    assert len(plan.operations) == 99


def test_a_group_that_goes_together_fits_a_transaction_though_all_come_up_short() -> None:
    plan = Plan(stock(TEA=0), NOW)
    for number in range(MOST_TOGETHER):
        assert plan.add(check(f"o-{number}", TEA=1))
    assert len(plan.operations) == MOST_OPERATIONS
    assert not plan.add(check("more", TEA=1))


def test_an_order_is_not_twice_in_one_transaction() -> None:
    plan = Plan(stock(TEA=9), NOW)
    assert plan.add(check("a", TEA=1))
    assert not plan.add(check("a", TEA=1))
    assert outcomes(plan) == {"a": True}


def test_mixed_currencies_refuse_that_order_alone() -> None:
    plan = Plan(stock(TEA=9, DOLLARS=9), NOW)
    mixed = check("mixed", TEA=1, DOLLARS=1)
    assert plan.add(mixed) and plan.add(check("a", TEA=1))
    assert "EUR, USD" in str(mixed.refused)
    assert outcomes(plan) == {"a": True}


def test_an_order_in_line_writes_nothing_while_it_is_short() -> None:
    stored = waiting_row(check("a", TEA=2))
    plan = Plan(stock(TEA=1), NOW)
    again = check("a", stored, TEA=2)
    assert plan.add(again)
    assert plan.operations == [] and plan.in_vain == [again] and not plan.outcomes


def test_the_operation_that_was_refused_tells_whose_it_was() -> None:
    plan = Plan(stock(TEA=9, MUG=9), NOW)
    first, second, third = checks = [check("a", TEA=1), check("b", MUG=1), check("c", TEA=1)]
    assert all(plan.add(each) for each in checks)
    assert len(plan.operations) == 8, "three orders, two SKUs, and three rows that they are open"
    found: list[Any] = [plan.refuses(index) for index in (*range(8), None)]
    assert found == [first, second, third, "MUG", "TEA", None, None, None, None]


def test_an_order_that_stands_in_all_its_lines_does_not_name_them() -> None:
    assert "queued" not in waiting_row(check("a", TEA=1, MUG=1))
    many = {f"SKU{number:02d}": 1 for number in range(50)}
    assert "queued" in waiting_row(check("big", **many))


def test_an_order_that_waited_is_reserved_only_as_it_was_read() -> None:
    plan = Plan(stock(TEA=2), NOW)
    assert plan.add(check("a", waiting_row(check("a", TEA=2)), TEA=2))
    held = plan.operations[0]
    assert isinstance(held, Merge) and held.etag == "etag of the order"


def test_an_order_is_told_how_many_pieces_it_is_short_of_after_those_before_it() -> None:
    plan = Plan(stock(TEA=5, MUG=1), NOW)
    assert plan.add(check("a", TEA=3))
    short = check("b", TEA=4, MUG=1, NONE=7)
    assert plan.add(short)
    assert short.missing == {"TEA": 2, "NONE": 7}


def test_an_order_that_waited_is_told_what_it_is_short_of_now() -> None:
    again = check("a", waiting_row(check("a", TEA=2, MUG=2)), TEA=2, MUG=2)
    assert Plan(stock(TEA=2, MUG=1), NOW).add(again)
    assert again.missing == {"MUG": 1}


def test_an_order_that_got_its_stock_is_short_of_nothing() -> None:
    served = check("a", TEA=2)
    assert Plan(stock(TEA=2), NOW).add(served) and served.missing == {}


def test_an_order_holds_its_lines_at_the_price_and_the_time_of_its_reservation() -> None:
    held = held_row(check("a", TEA=2, MUG=1), stock(TEA=3, MUG=1))
    assert reservation(held) == Reservation(
        "held", "EUR", (Line("TEA", "TEA", 2, 250), Line("MUG", "MUG", 1, 250))
    )
    assert held["reservedAt"] == "2026-11-24T00:00:00Z"


def test_an_order_in_line_holds_nothing_and_says_what_it_needs_since_when() -> None:
    waiting = waiting_row(check("a", TEA=2, MUG=1))
    assert reservation(waiting) == Reservation("waiting", "", ())
    assert needs_of(waiting) == {"TEA": 2, "MUG": 1}
    assert waiting["since"] == "2026-11-24T000000.000000Z"


@pytest.mark.parametrize("available", [0, 9])
def test_every_order_is_open_from_its_first_check_on(available: int) -> None:
    plan = Plan(stock(TEA=available), NOW)
    plan.add(check("a", TEA=1))
    [opened] = [each for each in plan.operations if isinstance(each, Upsert)]
    assert dict(opened.row) == {
        "PartitionKey": "main",
        "RowKey": "open:a",
        "since": "2026-11-24T00:00:00Z",
    }


def test_an_order_that_waited_and_gets_its_stock_leaves_its_lines_and_keeps_open() -> None:
    plan = Plan(stock(TEA=2, MUG=1), NOW)
    plan.add(check("a", waiting_row(check("a", TEA=2, MUG=1)), TEA=2, MUG=1))
    since = "2026-11-24T000000.000000Z"
    assert keys(plan.operations) == [
        "Merge order:a",
        "Merge sku:MUG",
        "Merge sku:TEA",
        f"Delete waiting:TEA:{since}:a",
        f"Delete waiting:MUG:{since}:a",
    ]


def test_a_transaction_takes_what_it_has_room_for_to_the_last_operation() -> None:
    """100 operations; each order here takes two, and its SKU one more the first time."""
    many = {f"SKU{number:02d}": 1 for number in range(48)}
    plan = Plan(stock(TEA=9, MUG=9, **many), NOW)
    for sku in many:
        if len(plan.operations) < 96:
            assert plan.add(check(f"of {sku}"[3:], **{sku: 1}))
    assert len(plan.operations) == 96
    # 4 are left: an order of two SKUs fits, one of three does not.
    assert not plan.add(check("three", TEA=1, MUG=1, SKU47=1))
    assert plan.add(check("two", TEA=1, MUG=1))
    assert len(plan.operations) == MOST_OPERATIONS
    assert not plan.add(check("more", TEA=1))


def test_an_order_that_found_no_room_has_taken_nothing() -> None:
    plan = Plan(stock(TEA=100, MUG=5, JAR=5), NOW)
    for number in range(48):
        assert plan.add(check(f"o-{number}", TEA=1))
    assert not plan.add(check("wide", TEA=1, MUG=1, JAR=1))
    assert len(plan.operations) == 97 and len(plan.outcomes) == 48
    assert plan.add(check("last", TEA=1))
    left = {each.row["RowKey"]: each.row.get("available") for each in plan.operations}
    assert left["sku:TEA"] == 100 - 49 and "sku:MUG" not in left
