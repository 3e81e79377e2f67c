"""What changes in the rows of an order that is given back, marked as ended or opened again."""

from datetime import timedelta

import pytest

from ordering.stock.changes import give_back, reopen, stock_change, tombstone
from ordering.stock.plan import Plan
from ordering.stock.rows import Reservation, reservation
from ordering.storage.tables import Row
from ordering.storage.transactions import Delete, Insert, Merge, Upsert
from tests.unit.ordering.stock.planned import NOW, check, held_row, keys, stock, waiting_row

LEFT = 9_999_999_999 - int(NOW.timestamp())
ROWS_OF_THE_END = {f"closed:{LEFT}:a": "Cancelled", f"ended:Cancelled:{LEFT}:a": "Cancelled"}


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


def test_an_order_that_waits_is_given_back_by_leaving_its_lines_alone() -> None:
    order, *others = give_back(waiting_row(check("a", TEA=2, MUG=1)), stock(TEA=1), NOW)
    assert isinstance(order, Merge) and order.etag == "etag of the order"
    assert (order.row["state"], order.row["releasedAt"]) == ("released", "2026-11-24T00:00:00Z")
    since = "2026-11-24T000000.000000Z"
    assert keys(others) == [f"Delete waiting:TEA:{since}:a", f"Delete waiting:MUG:{since}:a"]


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
