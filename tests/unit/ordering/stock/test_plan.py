"""What one transaction holds for orders that are checked together."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ordering.model import parse_order
from ordering.stock.plan import Check, Plan, give_back, reopen, stock_change, tombstone
from ordering.stock.rows import Line, Reservation, needs_of, reservation, stock_key
from ordering.stock.turns import MOST_TOGETHER
from ordering.storage.tables import Row
from ordering.storage.transactions import MOST_OPERATIONS, Delete, Insert, Merge, Operation, Upsert

NOW = datetime(2026, 11, 24, tzinfo=timezone.utc)


def stock(**available: int) -> dict[str, Row]:
    return {
        sku: Row(
            {
                "RowKey": stock_key(sku),
                "available": pieces,
                "currency": "USD" if sku == "DOLLARS" else "EUR",
                "unitPrice": 250,
                "description": sku,
            },
            f"etag of {sku}",
        )
        for sku, pieces in available.items()
    }


def check(order_id: str, stored: Row | None = None, **needs: int) -> Check:
    items = [{"sku": sku, "quantity": quantity} for sku, quantity in needs.items()]
    order = {"orderId": order_id, "customerId": "ada", "items": items, "paymentMethod": "card"}
    return Check(parse_order(order), stored)


def keys(operations: list[Operation]) -> list[str]:
    return [f"{type(each).__name__} {each.row['RowKey']}" for each in operations]


def outcomes(plan: Plan) -> dict[str, bool]:
    return {each.order_id: answer for each, answer in plan.outcomes}


def waiting_row(of: Check) -> Row:
    plan = Plan({}, NOW)
    assert plan.add(of)
    return Row(dict(plan.operations[0].row), "etag of the order")


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


def held_row(of: Check, free: dict[str, Row]) -> Row:
    plan = Plan(free, NOW)
    assert plan.add(of) and outcomes(plan) == {of.order_id: True}
    return Row(dict(plan.operations[0].row), "etag of the order")


def test_what_is_given_back_is_written_only_to_rows_that_are_as_they_were_read() -> None:
    free = stock(TEA=3)
    order, tea = give_back(held_row(check("a", TEA=2), free), free, NOW)
    assert isinstance(order, Merge) and isinstance(tea, Merge)
    assert (order.row["state"], order.etag) == ("released", "etag of the order")
    assert (tea.row["available"], tea.etag) == (5, "etag of TEA")


def test_a_sku_that_is_gone_comes_back_with_what_the_order_held_as_its_only_stock() -> None:
    stored = held_row(check("a", DOLLARS=2), stock(DOLLARS=3))
    [_, back] = give_back(stored, {}, NOW)
    assert isinstance(back, Insert)
    held = {"available": 2, "stocked": 2, "unitPrice": 250, "currency": "USD"}
    assert {name: back.row[name] for name in held} == held
    assert back.row["description"] == "DOLLARS"


def test_an_order_that_was_never_here_is_marked_only_if_it_is_still_not_here() -> None:
    [mark] = tombstone("a", NOW)
    assert isinstance(mark, Insert) and mark.row["state"] == "released"


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


def test_what_orders_take_and_give_back_came_into_the_shop_no_second_time() -> None:
    free = stock(TEA=3)
    plan = Plan(free, NOW)
    plan.add(check("a", TEA=2))
    [_, back] = give_back(held_row(check("a", TEA=2), free), free, NOW)
    for change in (plan.operations[1], back):
        assert change.row["RowKey"] == "sku:TEA" and "stocked" not in change.row


def test_what_comes_in_is_added_to_all_that_ever_came_in() -> None:
    [tea] = stock(TEA=3).values()
    # A row of an early version of the app does not say how much came in.
    assert stock_change(tea, 5, 2).row["stocked"] == 2
    more = stock_change(Row({**tea, "stocked": 7}, tea.etag), 5, 2)
    assert (more.row["available"], more.row["stocked"]) == (5, 9)


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


def test_an_order_that_waits_is_given_back_by_leaving_its_lines_alone() -> None:
    order, *others = give_back(waiting_row(check("a", TEA=2, MUG=1)), stock(TEA=1), NOW)
    assert isinstance(order, Merge) and order.etag == "etag of the order"
    assert (order.row["state"], order.row["releasedAt"]) == ("released", "2026-11-24T00:00:00Z")
    since = "2026-11-24T000000.000000Z"
    assert keys(others) == [f"Delete waiting:TEA:{since}:a", f"Delete waiting:MUG:{since}:a"]


LEFT = 9_999_999_999 - int(NOW.timestamp())
ROWS_OF_THE_END = {f"closed:{LEFT}:a": "Cancelled", f"ended:Cancelled:{LEFT}:a": "Cancelled"}


@pytest.mark.parametrize("kind", ["held", "waiting", "never here"])
def test_a_decision_that_ends_an_order_lists_it_at_its_first_check(kind: str) -> None:
    """Its row names the rows that list it; they are written together with it."""
    later = NOW + timedelta(days=3)
    if kind == "held":
        free = stock(TEA=3)
        order, tea, *listed = give_back(held_row(check("a", TEA=2), free), free, later, "Cancelled")
        assert tea.row["RowKey"] == "sku:TEA"
    elif kind == "waiting":
        order, line, *listed = give_back(waiting_row(check("a", TEA=2)), {}, later, "Cancelled")
        assert isinstance(line, Delete)
    else:
        order, *listed = tombstone("a", NOW, "Cancelled")
    assert {each.row["RowKey"]: each.row["stage"] for each in listed} == ROWS_OF_THE_END
    assert all(isinstance(each, Upsert) for each in listed)
    named = {"closedRow": f"closed:{LEFT}:a", "endedRow": f"ended:Cancelled:{LEFT}:a"}
    assert {name: order.row[name] for name in named} == named


def test_an_order_that_no_decision_ended_is_not_listed() -> None:
    free = stock(TEA=3)
    assert len(give_back(held_row(check("a", TEA=2), free), free, NOW)) == 2
    assert len(tombstone("a", NOW)) == 1


def test_an_order_that_was_listed_as_invoiced_and_is_undone_later_is_listed_as_failed() -> None:
    free = stock(TEA=3)
    stored = held_row(check("a", TEA=2), free)
    stored["closedRow"] = f"closed:{LEFT}:a"
    [_, _, again] = give_back(stored, free, NOW)
    assert isinstance(again, Upsert)
    assert (again.row["RowKey"], again.row["stage"]) == (f"closed:{LEFT}:a", "Failed")
    _, _, *listed = give_back(stored, free, NOW, "Cancelled")
    assert {each.row["RowKey"]: each.row["stage"] for each in listed} == ROWS_OF_THE_END


def test_an_order_that_was_never_here_is_marked_as_released_with_nothing() -> None:
    [mark] = tombstone("a", NOW)
    assert mark.row["RowKey"] == "order:a" and mark.row["releasedAt"] == "2026-11-24T00:00:00Z"
    assert reservation(mark.row) == Reservation("released", "", ())


def test_an_order_is_looked_at_again_only_if_it_holds_its_stock_still() -> None:
    still, opened = reopen(held_row(check("a", TEA=2), stock(TEA=3)))
    assert isinstance(still, Merge) and isinstance(opened, Upsert)
    assert (still.row["RowKey"], still.row["state"]) == ("order:a", "held")
    assert still.etag == "etag of the order"
    assert (opened.row["RowKey"], opened.row["since"]) == ("open:a", "2026-11-24T00:00:00Z")


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
