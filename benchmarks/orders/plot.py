"""The curve of the orders on Azurite."""

from __future__ import annotations

from typing import Any


def draw(axes: Any, result: dict[str, Any]) -> None:
    """Draw orders per second over orders in flight, with what Azurite alone would serve."""
    for (kind, part), colour in zip(result.items(), ("tab:blue", "tab:orange"), strict=True):
        levels = part["levels"]
        in_flight = [level["in_flight"] for level in levels]
        for name, style, what in (
            ("orders_per_second", "o-", "app"),
            ("azurite_orders_per_second", "s:", "Azurite alone"),
        ):
            medians = [level[name]["median"] for level in levels]
            bars = [
                [level[name]["median"] - level[name]["least"] for level in levels],
                [level[name]["most"] - level[name]["median"] for level in levels],
            ]
            axes.errorbar(
                in_flight, medians, bars, fmt=style, color=colour, label=f"{kind}, {what}"
            )
        _draw_storage_code(axes, levels)
    axes.set_xscale("log", base=2)
    axes.set_ylim(bottom=0)
    axes.set_xticks(in_flight, [str(number) for number in in_flight])
    axes.set_xlabel("orders in flight")
    axes.set_ylabel("orders per second")
    axes.set_title("Orders on Azurite")
    axes.legend(fontsize="small")


def _draw_storage_code(axes: Any, levels: list[dict[str, Any]]) -> None:
    name = "storage_code_orders_per_second"
    measured = [level for level in levels if name in level]
    if measured:
        axes.plot(
            [level["in_flight"] for level in measured],
            [level[name]["median"] for level in measured],
            "x",
            color="black",
            label="in stock, the app's storage code alone",
        )
