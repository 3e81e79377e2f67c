"""The events an order can be sent; pure, so that an orchestrator may use it."""

import json
from typing import Any

from ordering.identifiers import ORDER_ID

__all__ = ["EVENT_NAMES", "ORDER_ID", "canonical_event_name", "decode_event_data"]

EVENT_NAMES = ("Proceed", "Cancel")

_CANONICAL = {name.lower(): name for name in EVENT_NAMES}


def canonical_event_name(name: str) -> str | None:
    """Return the name as the orchestrator declares it, or None if it declares no such event.

    The host compares event names ignoring case, the Python SDK does not: `proceed` would be
    accepted with 202 and never wake the order (DurableOrchestrationContext.cs,
    TaskOrchestrationExecutor.py).
    """
    return _CANONICAL.get(name.lower())


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
