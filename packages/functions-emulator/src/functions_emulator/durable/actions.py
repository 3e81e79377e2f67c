"""The actions an orchestrator asks for, as the SDK writes them."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

Action = dict[str, Any]


class ActionType(IntEnum):
    """Name the kinds of action (durable-python: models/actions/ActionType.py)."""

    CALL_ACTIVITY = 0
    CALL_ACTIVITY_WITH_RETRY = 1
    CALL_SUB_ORCHESTRATOR = 2
    CALL_SUB_ORCHESTRATOR_WITH_RETRY = 3
    CONTINUE_AS_NEW = 4
    CREATE_TIMER = 5
    WAIT_FOR_EXTERNAL_EVENT = 6
    CALL_ENTITY = 7
    CALL_HTTP = 8
    SIGNAL_ENTITY = 9
    SCHEDULED_SIGNAL_ENTITY = 10
    WHEN_ANY = 11
    WHEN_ALL = 12


def unsupported(kind: int) -> str:
    """Say that an action is of no known kind."""
    return f"Received an unexpected action type from the out-of-proc function: '{kind}'."
