"""How long a step takes, again and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

AT_LEAST = 3
PATIENCE_MS = 4_000.0


def milliseconds_since(started: float) -> float:
    """Tell the milliseconds since a moment of `time.perf_counter`."""
    return 1000 * (time.perf_counter() - started)


def timed(
    names: Iterable[str],
    step: Callable[[str], object],
    prepare: Callable[[str], object] = lambda name: None,
) -> list[float]:
    """Tell the milliseconds of a step for each name but the first, which warms up.

    `prepare` comes before each step and is not counted. A step that is slow is not repeated for
    ever: `PATIENCE_MS` end it, though not before `AT_LEAST` values.
    """
    taken: list[float] = []
    for name in names:
        prepare(name)
        started = time.perf_counter()
        step(name)
        taken.append(milliseconds_since(started))
        if len(taken) > AT_LEAST and sum(taken) > PATIENCE_MS:
            break
    return taken[1:]
