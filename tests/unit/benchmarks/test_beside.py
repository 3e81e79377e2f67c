from typing import Any

import pytest

from benchmarks.beside.billing import entity_bytes
from benchmarks.beside.figures import IN_FLIGHT, OURS, THEIRS, Run, check_books, compare
from benchmarks.beside.report import table
from benchmarks.figures import spread
from tools.processes import ToolError


def _runs(**rounds: list[float]) -> dict[str, list[Run]]:
    return {
        key: [
            {f"orders_at_{level}": value for level in IN_FLIGHT}
            for value in rounds.get(key, [1.0, 1.0, 1.0])
        ]
        for key in (*OURS, *THEIRS)
    }


def test_the_best_of_both_sides_is_compared_round_by_round() -> None:
    runs = _runs(
        ours=[30, 40, 60], ours_2=[20, 20, 90], steps_2=[20, 40, 20], template_1=[99, 9, 9]
    )
    assert compare(runs, 8) == {
        "ours": "ours",
        "theirs": "steps_2",
        "ratio": {"median": 1.5, "least": 1.0, "most": 3.0},
    }


def test_books_that_are_not_those_of_the_orders_stop_the_run() -> None:
    check_books("ours", {"invoiced": 3, "payments": 3, "pieces": 6}, 3)
    with pytest.raises(ToolError, match="The books of `ours`"):
        check_books("ours", {"invoiced": 3, "payments": 4, "pieces": 6}, 3)


def test_a_row_weighs_what_azure_bills() -> None:
    row: dict[str, Any] = {"PartitionKey": "main", "RowKey": "a", "state": "held", "n": 7}
    # 4 of the row's own, its keys in UTF-16, and for each property 8, its name and its value.
    assert entity_bytes(row) == 4 + 8 + 2 + (8 + 10 + 8 + 4) + (8 + 2 + 8)


def test_the_tables_say_where_ours_is_behind() -> None:
    figures = {
        f"{name}_at_{level}": spread([level], 2)
        for level in IN_FLIGHT
        for name in ("orders", "p95", "server_cpu", "store_cpu")
    }
    others = {key: spread([2.0]) for key in ("up_s", "recovered_s", "unfinished", "bytes")}
    ratios = {1: 1.2, 8: 0.8, 32: 1.0}
    result = {
        "rounds": 3,
        "loads": spread([0.5]),
        "versions": {"dbos": "3.4.0"},
        "contenders": [
            {"key": key, "words": f"the shop {key}", **figures, **others}
            for key in (*OURS, *THEIRS)
        ],
        "times_their_best": {
            str(level): {"ours": "ours", "theirs": "steps_1", "ratio": spread([ratio], 2)}
            for level, ratio in ratios.items()
        },
    }
    lines = table(result)
    behind = [line for line in lines if line.endswith("BEHIND")]
    assert [line.split()[1] for line in behind] == ["8"]
    assert any(line.startswith("- 1 in flight: 1.20 times") for line in lines)
    assert sum("the shop ours " in line for line in lines if line.startswith("|")) == 2
