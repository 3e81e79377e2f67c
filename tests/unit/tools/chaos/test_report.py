from tools.audit.invariants import Violation
from tools.chaos.placed import Placed, PlacedOrder
from tools.chaos.report import concerned, first, violated_orders
from tools.chaos.rounds import Outcome
from tools.chaos.schedule import make_round

PLAN = make_round(1, 0, 4, 0)
IDS = [PLAN.order_id(number) for number in range(4)]


def outcome(*texts: str) -> Outcome:
    placed = Placed()
    for order_id, sku in zip(IDS, ("tea", "tea", "mug", "hat"), strict=True):
        placed.begin(PlacedOrder(order_id, "in stock", {sku: 1}))
    return Outcome(PLAN, placed, violations=[Violation(3, text) for text in texts])


def names(found: list[PlacedOrder]) -> list[str]:
    return [order.order_id for order in found]


def test_the_orders_that_are_named_most_come_first() -> None:
    found = outcome(f"order {IDS[2]} is", f"order {IDS[1]} is", f"order {IDS[1]} was")
    assert names(concerned(found)) == [IDS[1], IDS[2]]


def test_a_sku_stands_for_its_orders_and_those_that_were_touched_come_first() -> None:
    found = outcome("SKU tea: 3 available + 1 held, 5 stocked")
    found.placed.note(IDS[1], "terminate")
    assert names(concerned(found)) == [IDS[1], IDS[0]]


def test_violations_that_name_an_order_are_shown_before_the_others() -> None:
    general, exact = Violation(3, "SKU tea: 1"), Violation(4, f"order {IDS[0]} is")
    assert first([general, exact]) == [exact, general]


def test_the_orders_of_all_violations_are_counted() -> None:
    assert violated_orders([outcome(f"order {IDS[0]} is"), outcome("nothing")]) == {IDS[0]}
