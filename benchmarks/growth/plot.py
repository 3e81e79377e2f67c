"""The growth measurements as a picture."""

from __future__ import annotations

from typing import Any

# Cause, what is drawn, how, and what it is called; by the key of the result.
LINES = (
    ("rounds", "rounds", "order_ms", "-", "an order of so many rounds"),
    ("replay", "rounds", "sdk_order_ms", "--", "  its replay: the SDK, CPU"),
    ("replay", "rounds", "emulator_order_ms", "--", "  its replay: the emulator, CPU"),
    ("finished", "pile", "in_stock_ms", "-", "an order behind so many finished ones"),
    ("finished", "pile", "order_storage_ms", ":", "  its requests to Azurite alone"),
    ("waiting", "pile", "in_stock_ms", "-", "an order behind so many waiting ones"),
    ("waiting", "pile", "order_storage_ms", ":", "  its requests to Azurite alone"),
)


def draw(axes: Any, result: dict[str, Any]) -> None:
    """Draw on an Axes of matplotlib what an order takes against each of its causes."""
    for number, (key, cause, measure, style, label) in enumerate(LINES):
        sizes = [row[cause] for row in result[key]]
        figures = [row[measure] for row in result[key]]
        color = f"C{number}"
        medians = [figure["median"] for figure in figures]
        axes.plot(sizes, medians, style, marker="o", markersize=4, color=color, label=label)
        least, most = ([figure[end] for figure in figures] for end in ("least", "most"))
        axes.fill_between(sizes, least, most, color=color, alpha=0.12, linewidth=0)
    # Logarithmic, with a place for none.
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xlim(left=0)
    axes.set_yscale("log")
    # Room for the legend.
    axes.set_ylim(top=200 * axes.get_ylim()[1])
    axes.set(title="Time of an order as its cause grows", xlabel="size of the cause", ylabel="ms")
    axes.grid(alpha=0.3)
    axes.legend(fontsize="x-small", loc="upper left")
