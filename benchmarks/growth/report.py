"""The growth measurements in words and figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.figures import cell, lines
from benchmarks.growth.pace import is_faster, pace

Row = dict[str, Any]
Rows = Sequence[Row]

ROUNDS = {
    "order_ms": "an order, ms",
    "round_ms": "a round of it, ms",
    "late_round_ms": "its last rounds, ms",
    "end_bytes": "its state at the end, bytes",
    "most_bytes": "its state at most, bytes",
}
REPLAY = {
    "body_bytes": "history that a turn reads, bytes",
    "sdk_turn_ms": "a turn: the SDK, CPU ms",
    "emulator_turn_ms": "a turn: the emulator, CPU ms",
    "sdk_order_ms": "an order: the SDK, CPU ms",
    "emulator_order_ms": "an order: the emulator, CPU ms",
}
PILE = {
    "in_stock_ms": "order in stock, ms",
    "order_storage_ms": "  its requests to Azurite alone",
    "resumed_ms": "order, event to invoice, ms",
    "restock_ms": "restock that nobody waits for, ms",
    "list_ms": "list of 50 waiting orders, ms",
    "in_stock_bytes": "state of an order in stock, bytes",
    "resumed_bytes": "state of one that waited, bytes",
    "start_ms": "start of the host, ms",
    "resident_mb": "memory of the host, MB",
    "state_file_mb": "state file, MB",
    "point_read_ms": "Azurite: point read, ms",
    "transaction_ms": "Azurite: transaction of two, ms",
    "read_waiting_ms": "Azurite: all lines, as the sweep, ms",
}
# Title, key of the result, name of the cause, what is shown.
BLOCKS = (
    ("An order of the app as its rounds grow", "rounds", "rounds", ROUNDS),
    ("The replay of so many rounds, with nothing to do", "replay", "rounds", REPLAY),
    ("Orders behind finished ones", "finished", "pile", PILE),
    ("Orders behind waiting ones", "waiting", "pile", PILE),
)


def table(result: dict[str, Any]) -> list[str]:
    """Return the lines for the terminal: a block for each cause, then what it comes to."""
    found: list[str] = []
    for title, key, cause, measures in BLOCKS:
        found += [title, "", *_block(result[key], cause, measures), ""]
    return [
        *found,
        "`grows` compares the last two medians with their cause: level, slower, alike or FASTER.",
        *_words(result),
        "",
    ]


def faster_than_their_cause(result: dict[str, Any]) -> list[str]:
    """Name every figure that grows faster than its cause, as `block: figure`."""
    return [
        f"{title}: {label.strip()}"
        for title, key, cause, measures in BLOCKS
        for measure, label in measures.items()
        if is_faster(*_growth(result[key], cause, measure))
    ]


def _block(rows: Rows, cause: str, measures: Mapping[str, str]) -> list[str]:
    head = [cause, *(f"{row[cause]:,}" for row in rows), "grows"]
    body = [
        [label, *(_cell(key, row[key]) for row in rows), pace(*_growth(rows, cause, key))]
        for key, label in measures.items()
    ]
    return lines(head, body)


def _words(result: dict[str, Any]) -> Iterator[str]:
    for name in faster_than_their_cause(result):
        yield f"Faster than its cause - {name}."
    last = result["replay"][-1]
    turns = _median(last["sdk_turn_ms"]) / _median(last["emulator_turn_ms"])
    yield (
        "Each turn replays the whole history, so an order is quadratic in its rounds; after 500 it "
        "looks once a day:"
    )
    yield f"at {last['rounds']} rounds the SDK has {turns:.1f} times the emulator's part of a turn."
    first, last = result["rounds"][0], result["rounds"][-1]
    late = _median(last["late_round_ms"]) / _median(first["round_ms"])
    yield f"In the app the last of {last['rounds']} rounds takes {late:.1f} times a first one."
    for kind in ("finished", "waiting"):
        rows = result[kind]
        order, storage = (_difference(rows, key) for key in ("in_stock_ms", "order_storage_ms"))
        yield (
            f"Behind {rows[-1]['pile']:,} {kind} orders one in stock takes {order:+.0f} ms, its "
            f"requests alone {storage:+.0f} ms."
        )
    yield "Azurite looks through a table or a partition for a request; Azure finds rows by key."


def _growth(rows: Rows, cause: str, key: str) -> tuple[float, float]:
    before, after = rows[-2:]
    # From none, the growth is that from one; and no figure is told from less than a tenth.
    grown = max(_median(after[key]), 0.1) / max(_median(before[key]), 0.1)
    return after[cause] / max(before[cause], 1), grown


def _difference(rows: Rows, key: str) -> float:
    return _median(rows[-1][key]) - _median(rows[0][key])


def _median(figure: Any) -> float:
    return float(figure["median"] if isinstance(figure, dict) else figure)


def _cell(key: str, figure: Any) -> str:
    if not isinstance(figure, dict):
        return f"{figure:,}"
    if key.endswith("_bytes") or figure["most"] >= 100:
        return cell(figure, 0)
    return cell(figure, 1)
