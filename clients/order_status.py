"""How an order stands, from the status of its orchestration."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from durable_sdk import InstanceStatus
from ordering.clock import timestamp
from ordering.model import business_end

# What the worker appends to a failed orchestrator's message for the extension
# (OutOfProcExceptionHelpers.cs).
_PROTOCOL_MARK = "$OutOfProcData$:"

_ENDED = {
    "Terminated": "The order was terminated by an operator; what it held is given back shortly.",
    "Canceled": "The order was cancelled by the host.",
}


def describe(status: InstanceStatus) -> dict[str, Any]:
    """Return an order's state as a client sees it, from the status of its orchestration.

    `stage` is the orchestrator's own, "Pending" before its first step. An order that has ended
    has one of `invoice`, `reason` (a decision ended it) and `error` (something failed).
    """
    custom = status.custom_status if isinstance(status.custom_status, dict) else {}
    output = status.output
    completed = status.runtime_status == "Completed"
    decision = business_end(output) if completed else None
    invoiced = completed and isinstance(output, dict) and not decision
    return {
        "orderId": status.instance_id,
        "stage": custom.get("stage", "Pending"),
        "runtimeStatus": status.runtime_status,
        "createdTime": _time(status.created),
        "lastUpdatedTime": _time(status.updated),
        "invoice": output if invoiced else None,
        "reason": decision["reason"] if decision else None,
        "error": _error(status.runtime_status, output),
    }


def _error(runtime_status: str, output: Any) -> str | None:
    if runtime_status == "Failed":
        return readable(output)
    return _ENDED.get(runtime_status)


def readable(output: Any) -> str:
    """Return the message of a failed orchestration without what hosts wrap around it."""
    text = output if isinstance(output, str) else ""
    text = text.split(_PROTOCOL_MARK)[0].strip()
    if text.startswith("Orchestrator function '") and "' failed: " in text:
        text = text.split("' failed: ", 1)[1]
    return text or "The order failed; the log of the app says why."


def _time(moment: datetime | None) -> str | None:
    return timestamp(moment) if moment else None
