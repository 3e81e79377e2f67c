from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.growth.report import PILE, REPLAY, ROUNDS, faster_than_their_cause, table

Sizes = Sequence[int]


def _rows(cause: str, sizes: Sizes, measures: Mapping[str, str], power: float) -> list[Any]:
    """Make figures that all grow by the same power of their cause."""
    rows = []
    for size in sizes:
        value = 10 * max(size, 1) ** power
        figures = {
            name: {"median": value, "least": value / 2, "most": 2 * value} for name in measures
        }
        rows.append({cause: size, **figures})
    return rows


def _result(power: float = 0, replay: float = 2) -> dict[str, Any]:
    return {
        "rounds": _rows("rounds", (1, 10, 50, 200), ROUNDS, power),
        "replay": _rows("rounds", (1, 10, 50, 200), REPLAY, replay),
        "finished": _rows("pile", (0, 1_000, 20_000), PILE, power),
        "waiting": _rows("pile", (0, 1_000, 10_000), PILE, power),
    }


def test_each_figure_has_its_sizes_and_its_pace() -> None:
    lines = [line.replace("|", " ") for line in table(_result())]
    head = lines.index("Orders behind finished ones") + 2
    assert lines[head].split() == ["pile", "0", "1,000", "20,000", "grows"]
    orders = next(line for line in lines[head:] if "order in stock, ms" in line)
    assert orders.split("ms", 1)[1].split() == ["10.0", "(5.0-20.0)"] * 3 + ["level"]


def test_what_grows_faster_than_its_cause_is_named() -> None:
    assert faster_than_their_cause(_result(replay=1)) == []
    found = faster_than_their_cause(_result())
    assert [name.rsplit(": ", 1)[0] for name in found] == [
        "The replay of so many rounds, with nothing to do",
        *["The replay of so many rounds, with nothing to do: a turn"] * 2,
        *["The replay of so many rounds, with nothing to do: an order"] * 2,
    ]
    said = [line for line in table(_result()) if line.startswith("Faster than its cause - ")]
    assert len(said) == len(found)


def test_it_is_told_what_azurite_has_of_the_growth() -> None:
    result = _result()
    result["finished"][-1]["in_stock_ms"]["median"] = 60
    result["finished"][-1]["order_storage_ms"]["median"] = 45
    assert any(
        "Behind 20,000 finished orders one in stock takes +50 ms, its requests alone +35 ms" in line
        for line in table(result)
    )


def test_numbers_without_a_spread_and_large_ones_fit() -> None:
    result = _result(power=0.5, replay=1)
    for row in result["waiting"]:
        row["resident_mb"] = 119.1
        row["restock_ms"] = {"median": 1373.4, "least": 1097.1, "most": 1769.9}
    lines = table(result)
    assert any("1373 (1097-1770)" in line for line in lines)
    assert any("memory of the host, MB" in line and "119.1" in line for line in lines)
    assert max(map(len, lines)) <= 120


def test_what_was_too_small_to_measure_does_not_divide_by_nothing() -> None:
    result = _result()
    for row in result["waiting"]:
        row["state_file_mb"] = 0.0
    assert any("state file, MB" in line and line.endswith("level |") for line in table(result))
