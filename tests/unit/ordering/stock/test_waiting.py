import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordering.stock import waiting as module
from ordering.stock.rows import dump_needs, line_key, row, stock_key
from ordering.stock.waiting import Lines, WaitingOrder, serve
from ordering.storage.transactions import Upsert
from tests.in_memory_table import InMemoryTable


def order(name: str, since: int, **needs: int) -> WaitingOrder:
    return WaitingOrder(name, f"2026-11-22T20:00:{since:02d}.000000Z", needs)


def test_the_oldest_are_served_and_no_more_than_the_stock_allows() -> None:
    waiting = [order("c", 3, TEA=2), order("a", 1, TEA=2), order("b", 2, TEA=2)]
    assert serve(waiting, {"TEA": 5}) == ["a", "b"]


def test_an_order_that_needs_too_much_does_not_hold_up_those_behind_it() -> None:
    waiting = [order("a", 1, TEA=9), order("b", 2, TEA=2)]
    assert serve(waiting, {"TEA": 5}) == ["b"]


def test_an_order_that_is_short_of_another_sku_is_passed_over_and_takes_nothing() -> None:
    waiting = [order("a", 1, TEA=3, MUG=1), order("b", 2, TEA=3)]
    assert serve(waiting, {"TEA": 5, "MUG": 0}) == ["b"]
    assert serve(waiting, {"TEA": 5}) == ["b"]


def test_the_stock_of_every_sku_is_given_out_once() -> None:
    waiting = [order("a", 1, TEA=1, MUG=1), order("b", 2, TEA=1, MUG=1), order("c", 3, MUG=1)]
    assert serve(waiting, {"TEA": 9, "MUG": 2}) == ["a", "b"]


def test_of_orders_of_the_same_moment_the_id_decides() -> None:
    waiting = [order("b", 1, TEA=1), order("a", 1, TEA=1)]
    assert serve(waiting, {"TEA": 1}) == ["a"]


quantities = st.dictionaries(st.sampled_from("XYZ"), st.integers(1, 5), min_size=1)


@given(
    needs=st.lists(quantities, max_size=30),
    free=st.dictionaries(st.sampled_from("XYZ"), st.integers(0, 20)),
)
def test_what_is_served_never_exceeds_the_stock(
    needs: list[dict[str, int]], free: dict[str, int]
) -> None:
    waiting = [WaitingOrder(f"{n:02d}", "now", need) for n, need in enumerate(needs)]
    served = serve(waiting, dict(free))
    assert served == sorted(served)
    for sku in "XYZ":
        assert sum(needs[int(name)].get(sku, 0) for name in served) <= free.get(sku, 0)


def lines(free: dict[str, int], *orders: WaitingOrder) -> Lines:
    """Put orders in the line of every SKU that they need."""
    table = InMemoryTable()
    for sku, available in free.items():
        table.transact([Upsert(row(stock_key(sku), available=available))])
    for each in orders:
        for sku in each.needs:
            key = line_key(sku, each.since.replace(":", ""), each.order_id)
            table.transact([Upsert(row(key, needs=dump_needs(each.needs)))])
    return Lines(table)  # type: ignore[arg-type]


def test_an_order_in_two_lines_is_served_once_although_more_is_left() -> None:
    found = lines({"TEA": 9, "MUG": 9}, order("a", 1, TEA=2, MUG=1), order("b", 2, TEA=2, MUG=1))
    assert found.servable(["TEA", "MUG"]) == ["a", "b"]


def test_a_long_line_is_read_on_while_stock_is_left_and_no_further(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    waiting = [order("a", 1, TEA=9), order("b", 2, TEA=9), order("c", 3, TEA=5)]
    assert lines({"TEA": 5}, *waiting).servable(["TEA"]) == ["c"]
    more = [order(f"d{number}", 4 + number, TEA=1) for number in range(9)]
    found = lines({"TEA": 5}, *waiting, *more)
    requests = []
    found._table.before = requests.append  # type: ignore[attr-defined]
    assert found.servable(["TEA"]) == ["c"]
    assert requests.count("query") <= 6
