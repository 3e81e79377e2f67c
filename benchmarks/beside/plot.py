"""The curves of the shops."""

from __future__ import annotations

from typing import Any

from benchmarks.beside.figures import IN_FLIGHT


def draw(axes: Any, result: dict[str, Any]) -> None:
    """Draw orders per second over orders in flight, ours in blue."""
    for number, each in enumerate(result["contenders"]):
        figures = [each[f"orders_at_{level}"] for level in IN_FLIGHT]
        medians = [figure["median"] for figure in figures]
        bars = [
            [figure["median"] - figure["least"] for figure in figures],
            [figure["most"] - figure["median"] for figure in figures],
        ]
        ours = each["key"].startswith("ours")
        axes.errorbar(
            IN_FLIGHT,
            medians,
            bars,
            fmt="o-" if ours else "s--",
            color="tab:blue" if ours else f"C{number}",
            alpha=0.5 if each["key"] == "ours_2" else 1,
            label=each["words"],
            capsize=3,
        )
    axes.set_xscale("log", base=2)
    axes.set_xticks(IN_FLIGHT, [str(level) for level in IN_FLIGHT])
    axes.set_ylim(bottom=0)
    axes.set_xlabel("orders in flight")
    axes.set_ylabel("orders per second")
    axes.set_title("The same order on DBOS with Postgres")
    axes.legend(fontsize="small")
