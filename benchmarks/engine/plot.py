"""The bars of the engines."""

from __future__ import annotations

from typing import Any


def draw(axes: Any, result: dict[str, Any]) -> None:
    """Draw orders per second of each engine, with least and most."""
    contenders = result["contenders"]
    speeds = [each["orders_per_second"] for each in contenders]
    medians = [speed["median"] for speed in speeds]
    errors = [
        [speed["median"] - speed["least"] for speed in speeds],
        [speed["most"] - speed["median"] for speed in speeds],
    ]
    names = [each["contender"].replace(", ", ",\n") for each in contenders]
    colours = ["tab:blue", *["tab:gray"] * (len(contenders) - 1)]
    bars = axes.bar(names, medians, yerr=errors, capsize=4, color=colours)
    axes.bar_label(bars, fmt="%.0f", label_type="center", color="white")
    axes.set_ylabel("orders per second")
    axes.set_title(f"Engines alone, {result['in_flight']} in flight")
