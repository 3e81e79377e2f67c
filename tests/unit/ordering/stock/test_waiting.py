from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordering.stock import waiting as module
from ordering.stock.rows import dump_needs, id_of, line_key, row, stock_key
from ordering.stock.waiting import Lines, WaitingOrder, serve
from ordering.storage.tables import Row
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


def test_the_orders_in_line_are_each_told_once_with_all_that_they_need() -> None:
    found = lines({}, order("b", 2, TEA=2, MUG=1), order("a", 1, TEA=9))
    told = {each.order_id: (each.since, each.needs) for each in found.everybody()}
    assert told == {
        "a": ("2026-11-22T200001.000000Z", {"TEA": 9}),
        "b": ("2026-11-22T200002.000000Z", {"TEA": 2, "MUG": 1}),
    }
    assert len(found.everybody()) == 2


def test_the_lengths_of_the_lines_are_told_by_sku() -> None:
    found = lines({}, order("a", 1, TEA=1, MUG=1), order("b", 2, TEA=1))
    assert found.lengths(["TEA", "MUG", "BOX"]) == {"TEA": 2, "MUG": 1}
    assert found.lengths([]) == {}


def test_only_the_lines_of_these_skus_count_also_where_one_begins_another() -> None:
    names = ["0", "A", "A-b", "A.c", "A0", "AA", "A_d", "Z"]
    found = lines({}, *(order(f"o{n}", n, **{sku: 1}) for n, sku in enumerate(names, 1)))
    for wanted in (names, names[1:-1], ["A", "A-b"], ["A"], ["A-b", "AA"], ["A0", "A_d"]):
        assert found.lengths(wanted) == dict.fromkeys(wanted, 1), wanted


def test_the_lines_of_skus_before_and_behind_are_not_read() -> None:
    found = lines({}, *(order(f"o{n}", n, **{f"S{n}": 1}) for n in range(1, 9)))
    read: list[str] = []
    pages = found._table.pages

    def watched(*given: object, **more: object) -> Iterator[list[Row]]:
        for page in pages(*given, **more):  # type: ignore[arg-type]
            read.extend(id_of(row) for row in page)
            yield page

    found._table.pages = watched  # type: ignore[method-assign]
    assert found.lengths(["S3", "S5"]) == {"S3": 1, "S5": 1}
    assert read == ["o3", "o4", "o5"]


def requests(found: Lines) -> list[str]:
    made: list[str] = []
    found._table.before = made.append  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize(("many", "cost"), [(1, ["get"]), (32, ["get"] * 32), (33, ["query"])])
def test_the_stock_of_many_skus_is_read_by_the_page(many: int, cost: list[str]) -> None:
    skus = [f"SKU{number:02d}" for number in range(many)]
    # Those around them are not among the wanted; one that is not in the catalogue has none.
    found = lines({"A": 7, "Z": 7, **{sku: n + 1 for n, sku in enumerate(skus) if n != 5}})
    made = requests(found)
    free = found.free_stock([*skus, skus[0]])
    assert free == {sku: 0 if n == 5 else n + 1 for n, sku in enumerate(skus)}
    assert made == cost


@pytest.mark.parametrize(("many", "pages"), [(999, 1), (1_000, 2)])
def test_a_line_is_read_a_thousand_orders_at_a_time(many: int, pages: int) -> None:
    waiting = [WaitingOrder(f"o-{n:04d}", "now", {"TEA": 1}) for n in range(many)]
    found = lines({"TEA": 1}, *waiting)
    made = requests(found)
    assert found.lengths(["TEA"]) == {"TEA": many}
    # Full pages are followed by one more request: the service tells no total.
    assert made == ["query"] * pages


def test_who_is_served_costs_one_read_of_the_line_its_stock_and_the_line_again() -> None:
    found = lines({"TEA": 5}, order("a", 1, TEA=3), order("b", 2, TEA=2), order("c", 3, TEA=1))
    made = requests(found)
    assert found.servable(["TEA", "TEA"]) == ["a", "b"]
    assert made == ["query", "get", "query"]


def test_a_line_without_free_stock_is_not_read_again() -> None:
    found = lines({"TEA": 0}, order("a", 1, TEA=3))
    made = requests(found)
    assert found.servable(["TEA"]) == []
    assert made == ["query", "get"]


def test_an_empty_line_costs_one_request() -> None:
    found = lines({"TEA": 5})
    made = requests(found)
    assert (found.servable(["TEA"]), made) == ([], ["query"])


@pytest.mark.parametrize("everybody", [False, True])
def test_an_order_that_took_its_stock_meanwhile_is_not_counted_again(everybody: bool) -> None:
    """It left the line before the stock was read, so the rest is for the next one."""
    found = lines({"TEA": 5}, order("a", 1, TEA=5), order("b", 2, TEA=5))
    waiting = found.everybody()

    def reserve(request: str) -> None:
        if request == "get":
            found._table.before = lambda _: None  # type: ignore[attr-defined]
            key = line_key("TEA", "2026-11-22T200001.000000Z", "a")
            found._table.delete("main", key)

    found._table.before = reserve  # type: ignore[attr-defined]
    served = found.servable_of(waiting, set()) if everybody else found.servable(["TEA"])
    assert served == ["b"]


def test_of_all_orders_those_that_are_left_out_are_passed_over_and_take_nothing() -> None:
    found = lines({"TEA": 5, "MUG": 1}, order("a", 1, TEA=5), order("b", 2, TEA=5, MUG=1))
    waiting = found.everybody()
    assert found.servable_of(waiting, set()) == ["a"]
    assert found.servable_of(waiting, {"a"}) == ["b"]
    assert found.servable_of(waiting, {"a", "b"}) == []


def test_orders_in_two_lines_share_the_stock_of_both() -> None:
    found = lines(
        {"TEA": 2, "MUG": 2},
        order("a", 1, MUG=1),
        order("b", 2, TEA=1, MUG=1),
        order("c", 3, TEA=1, MUG=1),
        order("d", 4, TEA=1),
    )
    assert found.servable(["TEA", "MUG"]) == ["a", "b", "d"]
    assert found.servable(["TEA"]) == ["b", "c"], "nobody else is looked at"


def test_lines_are_served_by_their_skus_whatever_way_they_are_named() -> None:
    names = [f"SKU{number}" for number in range(9)]
    waiting = [order(f"of-{name}", 9 - n, **{name: 1}) for n, name in enumerate(names)]
    found = lines(dict.fromkeys(names, 1), *waiting)
    assert found.servable(reversed(names)) == [f"of-{name}" for name in names]
