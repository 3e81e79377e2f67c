"""How an order stands, from the status of its orchestration."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from ordering.clock import timestamp

# What the worker appends to a failed orchestrator's message for the extension
# (OutOfProcExceptionHelpers.cs).
_PROTOCOL_MARK = "$OutOfProcData$:"

_ENDED = {
    "Terminated": "The order was terminated by an operator; what it held is given back shortly.",
    "Canceled": "The order was cancelled by the host.",
}


def describe(order_id: str, status: Any) -> dict[str, Any]:
    """Return an order's state as a client sees it, from a DurableOrchestrationStatus.

    `stage` is the orchestrator's own, "Pending" before its first step; `invoice` is there once
    the order is completed, `error` once it has failed.
    """
    runtime_status = status.runtime_status.value if status.runtime_status else None
    custom = decode_event_data(status.custom_status)
    custom = custom if isinstance(custom, dict) else {}
    output = decode_event_data(status.output)
    completed = runtime_status == "Completed"
    return {
        "orderId": order_id,
        "stage": custom.get("stage", "Pending"),
        "runtimeStatus": runtime_status,
        "createdTime": _time(status.created_time),
        "lastUpdatedTime": _time(status.last_updated_time),
        "invoice": output if completed and isinstance(output, dict) else None,
        "error": _error(runtime_status, output),
    }


def _error(runtime_status: str | None, output: Any) -> str | None:
    if runtime_status == "Failed":
        return readable(output)
    return _ENDED.get(runtime_status or "")


def readable(output: Any) -> str:
    """Return the message of a failed orchestration without what hosts wrap around it."""
    text = output if isinstance(output, str) else ""
    text = text.split(_PROTOCOL_MARK)[0].strip()
    if text.startswith("Orchestrator function '") and "' failed: " in text:
        text = text.split("' failed: ", 1)[1]
    return text or "The order failed; the log of the app says why."


def _time(moment: datetime | None) -> str | None:
    return timestamp(moment) if moment else None


def decode_event_data(value: Any) -> Any:
    """Return an event's data as its sender meant it, whichever way it came.

    The Python client of 1.x encodes data twice, so an orchestrator gets a JSON string; the HTTP
    API hands over the value itself (durable-python#295).
    """
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
