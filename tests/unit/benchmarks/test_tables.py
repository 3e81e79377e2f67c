from typing import Any

import pytest

from benchmarks.engine import report as engine
from benchmarks.figures import cell, lines, percentile, spread
from benchmarks.orders import report as orders


def test_a_figure_is_the_median_with_least_and_most() -> None:
    assert spread([3, 1, 2.26], digits=1) == {"median": 2.3, "least": 1, "most": 3}
    assert cell(spread([3, 1, 2.26])) == "2.3 (1.0-3.0)"


def test_a_figure_of_one_run_has_no_spread_to_show() -> None:
    assert cell(spread([2.0]), digits=0) == "2"


@pytest.mark.parametrize(("share", "value"), [(0.5, 51), (0.95, 96), (0.99, 100), (1.0, 100)])
def test_a_percentile_is_a_value_that_came(share: float, value: int) -> None:
    assert percentile(range(1, 101), share) == value


def test_a_table_is_markdown_that_can_be_read_as_it_is() -> None:
    assert lines(["kind", "n"], [["in stock", 10], ["x", 5]]) == [
        "| kind     |   n |",
        "| -------- | --: |",
        "| in stock |  10 |",
        "| x        |   5 |",
    ]


def figure(value: float) -> dict[str, float]:
    return spread([value], 2)


def test_the_table_of_orders_shows_what_storage_allows_and_what_is_asked_of_it() -> None:
    level: dict[str, Any] = {
        "in_flight": 32,
        "orders_per_second": figure(30),
        "azurite_orders_per_second": figure(200),
        "share": figure(0.15),
        "storage_code_orders_per_second": figure(50),
        **{f"p{share}_ms": figure(share) for share in (50, 95, 99)},
        **{f"{name}_cpu_ms": figure(7) for name in ("host", "azurite", "customers")},
    }
    requests = {"table POST orders": 1, "table POST payments": 2}
    text = "\n".join(orders.table({"in stock": {"requests": requests, "levels": [level]}}))
    assert "3 storage requests each" in text
    assert "1 table POST orders, 2 table POST payments" in text
    assert text.splitlines()[4].replace("|", " ").split() == "32 30 200 0.15 50 95 99 7 7 7".split()
    assert "serves 50 orders/s at 32 in flight" in text


def test_the_table_of_engines_compares_round_by_round() -> None:
    figures = {key: figure(10) for key in engine.KEYS}
    contenders = [
        {"contender": name, "persists": what, **figures, "emulator_is_faster": spread([3, 4, 5])}
        for name, what in (("ours", "all"), ("theirs", "nothing"))
    ]
    text = "\n".join(engine.table({"in_flight": 8, "contenders": contenders}))
    assert "theirs persists nothing" in text
    assert "4.0 (3.0-5.0) times the orders of theirs" in text
    assert "times the orders of ours" not in text
