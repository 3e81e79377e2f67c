"""How an order reads for a person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tools.console import printable

ENDED = ("Completed", "Failed", "Terminated", "Canceled")


def missing(short: Iterable[dict[str, Any]] | None) -> str:
    """Return what an order is short of, such as `espresso-machine: 44 missing, tea: 1 missing`."""
    return ", ".join(f"{each['sku']}: {each['missing']} missing" for each in short or ())


def moment(text: Any) -> str:
    """Return a time of the API with its date, in UTC, such as `2026-11-22 20:14:03`."""
    return str(text or "")[:19].replace("T", " ") or "----------  --:--:--"


def stage(order: dict[str, Any], *, attempt: bool = True) -> str:
    """Return the stage of an order, with its attempt while it waits unless that is unwanted."""
    told = str(order["stage"])
    if order["runtimeStatus"] not in ("Running", "Completed", None, told):
        told += f" ({order['runtimeStatus']})"
    if attempt and order.get("attempt"):
        told += f", attempt {order['attempt']}"
    return told


def waiting(order: dict[str, Any]) -> str:
    """Return for which events an order waits and until when at most; nothing if it does not."""
    if not order.get("until"):
        return ""
    events = " or ".join(order.get("waitingFor") or ["an event"])
    return f"{events} until {moment(order['until'])} UTC"


def lacking(order: dict[str, Any]) -> str:
    """Return what a waiting order is short of, or that nothing is any more."""
    if order.get("short") is None:
        return ""
    return missing(order["short"]) or "nothing any more; it goes on at its next look at the stock"


def why(order: dict[str, Any]) -> str:
    """Return why an order has no invoice, on one line."""
    return printable(str(order.get("error") or order.get("reason") or ""))


def headline(order_id: str, order: dict[str, Any]) -> list[str]:
    """Return the lines that say where the order stands."""
    lines = [f"{order_id}: {stage(order)}"]
    if waits := waiting(order):
        lines.append(f"waits for {waits}")
    if lacks := lacking(order):
        lines.append(f"short of {lacks}")
    return lines
