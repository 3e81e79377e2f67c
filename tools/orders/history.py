"""The history of an order as a person reads it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tools.console import printable
from tools.invoice import money
from tools.orders.words import moment

_WORDS = {
    "placed": "order placed",
    "wait": "waits",
    "timer": "no event came; looks again",
    "terminated": "terminated",
    "suspended": "suspended",
    "resumed": "resumed",
}
_WORK = {
    "check": "stock check",
    "payment": "payment",
    "release": "release of the stock",
    "refund": "refund",
}
_NOTHING = {"release": "there was nothing to give back", "refund": "there was nothing to pay back"}
_OUTCOMES = {"reserved": "reserved", "short": "stock is short"}


def entries(steps: Iterable[dict[str, Any]]) -> list[str]:
    """Return a line for each step of `GET /api/orders/{orderId}/history`, with date and time."""
    return [f"{moment(_time(step))}  {_words(step)}" for step in steps]


def _time(step: dict[str, Any]) -> Any:
    """Return when work was done; of a wait, when it began: its line must not change."""
    done = step.get("endTime") if step.get("outcome") else None
    return done or step["time"]


def _words(step: dict[str, Any]) -> str:
    kind = str(step["type"])
    if kind == "event":
        words = f"event {step['name']} came"
    elif kind == "retry":
        name = str(step["step"])
        words = f"{_WORK.get(name, name)} is tried again after a pause"
    elif kind == "end":
        words = _with(f"ended: {step['stage']}", step.get("error") or step.get("reason"))
    elif kind == "cut":
        words = f"({step['left']} steps before are not shown)"
    elif "outcome" in step:
        words = _work(kind, step)
    else:
        words = _WORDS.get(kind, kind)
    return printable(words)


def _work(kind: str, step: dict[str, Any]) -> str:
    name = _WORK.get(kind, kind)
    if kind == "check":
        name += f" {step['attempt']}"
    outcome = step["outcome"]
    if outcome is None:
        return f"{name} begun"
    if outcome == "charged" and step.get("currency"):
        return f"{name}: charged {money(step['total'], step['currency'])}"
    if outcome == "nothing":
        return f"{name}: {_NOTHING.get(kind, outcome)}"
    return _with(
        f"{name}: {_OUTCOMES.get(outcome, outcome)}", step.get("error") or step.get("reason")
    )


def _with(words: str, reason: Any) -> str:
    return f"{words} - {reason}" if reason else words
