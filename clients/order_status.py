"""How an order stands, from the status of its orchestration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from durable_sdk import InstanceStatus
from ordering.clock import timestamp
from ordering.model import MOST_ITEMS, Stage, business_end, is_sku
from ordering.shop import shop

# What the worker appends to a failed orchestrator's message for the extension
# (OutOfProcExceptionHelpers.cs).
_PROTOCOL_MARK = "$OutOfProcData$:"

_BROKEN_OFF = {
    "Failed": "",
    "Terminated": "The order was terminated by an operator; what it held is given back shortly.",
    "Canceled": "The order was cancelled by the host.",
}
LIVE = ("Pending", "Running", "ContinuedAsNew", "Suspended")
ENDED = ("Completed", "Failed", "Terminated", "Canceled")


def describe(status: InstanceStatus) -> dict[str, Any]:
    """Return an order's state as a client sees it, from the status of its orchestration.

    `stage` is the orchestrator's own, "Pending" before its first step, and "Failed" where the
    orchestration broke off, whatever its last stage was. An order that has ended has one of
    `invoice`, `reason` (a decision ended it) and `error` (something failed). `short` is for
    `add_shortages`.
    """
    custom = status.custom_status if isinstance(status.custom_status, dict) else {}
    output = status.output
    completed = status.runtime_status == "Completed"
    decision = business_end(output) if completed else None
    invoiced = completed and isinstance(output, dict) and not decision
    live = custom if status.runtime_status in LIVE else {}
    broken_off = status.runtime_status in _BROKEN_OFF
    return {
        "orderId": status.instance_id,
        "stage": Stage.FAILED.value if broken_off else custom.get("stage", "Pending"),
        "runtimeStatus": status.runtime_status,
        "attempt": live.get("attempt"),
        "waitingFor": live.get("waitingFor"),
        "until": live.get("until"),
        "short": None,
        "createdTime": _time(status.created),
        "lastUpdatedTime": _time(status.updated),
        "invoice": output if invoiced else None,
        "reason": decision["reason"] if decision else None,
        "error": _error(status.runtime_status, output),
    }


def describe_purged(order_id: str, invoice: dict[str, Any]) -> dict[str, Any]:
    """Return the state of an order whose orchestration is gone and whose invoice is not."""
    unknown = InstanceStatus(order_id, "", "", {"stage": Stage.INVOICED.value}, None, None, None)
    return {**describe(unknown), "runtimeStatus": None, "invoice": invoice}


def add_shortages(orders: Sequence[dict[str, Any]], statuses: Sequence[InstanceStatus]) -> None:
    """Say of each waiting order what it is short of, by the stock as it is now.

    No request where none waits; else those of `Lines.free_stock`. What an order needs is in its
    orchestration's input. Raises StorageUnavailable.
    """
    needs = {
        status.instance_id: needs_of(status.input)
        for order, status in zip(orders, statuses, strict=True)
        if order["stage"] == Stage.AWAITING_PROCEED.value
    }
    skus = {sku for each in needs.values() for sku in each}
    free = shop().lines.free_stock(skus) if skus else {}
    for order in orders:
        if order["orderId"] in needs:
            order["short"] = shortage(needs[order["orderId"]], free)


def shortage(needs: Mapping[str, int], free: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return what is missing of each SKU of which less is free than is needed."""
    return [
        {"sku": sku, "missing": needed - free[sku], "needed": needed, "available": free[sku]}
        for sku, needed in needs.items()
        if free[sku] < needed
    ]


def needs_of(data: Any) -> dict[str, int]:
    """Return how much an orchestration's input asks for of each SKU; nothing if it is no order."""
    items = data.get("items") if isinstance(data, dict) else None
    return {
        item["sku"]: item["quantity"]
        for item in (items if isinstance(items, list) else [])[:MOST_ITEMS]
        if isinstance(item, dict) and is_sku(item.get("sku")) and type(item.get("quantity")) is int
    }


def _error(runtime_status: str, output: Any) -> str | None:
    if runtime_status == "Failed":
        return readable(output)
    return _BROKEN_OFF.get(runtime_status)


def readable(output: Any) -> str:
    """Return the message of a failed orchestration without what hosts wrap around it."""
    text = output if isinstance(output, str) else ""
    text = text.split(_PROTOCOL_MARK)[0].strip()
    if text.startswith("Orchestrator function '") and "' failed: " in text:
        text = text.split("' failed: ", 1)[1]
    return text or "The order failed; the log of the app says why."


def _time(moment: datetime | None) -> str | None:
    return timestamp(moment) if moment else None
