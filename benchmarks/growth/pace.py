"""How fast something grows beside its cause."""

from __future__ import annotations

import math

# Powers of the cause; what is nearer to none or to one than this is the noise of a measurement.
NOISE = 0.2


def power(cause: float, effect: float) -> float:
    """Return p of `effect = cause ** p`, both being how many times as much there is of each.

    0 is level, 1 as its cause, 2 quadratic. ValueError unless the cause grows.
    """
    if cause <= 1:
        raise ValueError("the cause does not grow")
    return math.log(effect) / math.log(cause)


def is_faster(cause: float, effect: float) -> bool:
    """Tell whether an effect grows faster than its cause."""
    return power(cause, effect) > 1 + NOISE


def pace(cause: float, effect: float) -> str:
    """Say how fast an effect grows beside its cause: level, slower, alike, or by which power."""
    if is_faster(cause, effect):
        return f"FASTER, ^{power(cause, effect):.1f}"
    if power(cause, effect) < NOISE:
        return "level"
    return "slower" if power(cause, effect) < 1 - NOISE else "alike"
