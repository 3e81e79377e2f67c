"""The bars of two versions."""

from __future__ import annotations

from typing import Any

from benchmarks.against.figures import MEASURES


def draw(axes: Any, result: dict[str, Any]) -> None:
    """Draw how many times the earlier figure each one is, those on top that were measured first."""
    found = [(each, result["measures"][each.key]["ratio"]) for each in reversed(MEASURES)]
    shown = [(each, ratio) for each, ratio in found if ratio]
    medians = [ratio["median"] for _, ratio in shown]
    errors = [
        [ratio["median"] - ratio["least"] for _, ratio in shown],
        [ratio["most"] - ratio["median"] for _, ratio in shown],
    ]
    colours = ["tab:blue" if each.more_is_better else "tab:gray" for each, _ in shown]
    names = [f"{each.words.strip()} ({each.key})" for each, _ in shown]
    axes.barh(names, medians, xerr=errors, capsize=3, color=colours)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.tick_params(axis="y", labelsize="x-small")
    axes.set_xlabel("times the earlier figure (blue: more is better)")
    axes.set_title(f"The app of today beside {result['commit']}")
