"""An orchestrator's calls and signals of entities, as a simulation has them."""

from __future__ import annotations

import json
import uuid
from typing import Any

from functions_emulator.durable.context import Scheduled
from functions_emulator.durable.entities.messages import Request
from functions_emulator.durable.events import Event, EventType
from functions_emulator.testing import answers


def request_of(scheduled: Scheduled) -> Request | None:
    """Give what is said to an entity; None for anything else."""
    if scheduled.kind != EventType.EVENT_SENT or scheduled.input is None:
        return None
    return Request.from_text(scheduled.input)


def called(scheduled: Scheduled) -> Request | None:
    """Give what an entity is asked for and has to answer; None for anything else."""
    request = request_of(scheduled)
    return None if request is None or request.is_signal else request


def input_of(request: Request) -> Any:
    """Give what an operation gets; SDK 1.x encodes it twice, as clients do."""
    text = None if request.input is None else json.loads(request.input)
    return answers.from_text(text) if isinstance(text, str) else text


def name_of(scheduled: Scheduled) -> str:
    """Name what is under way: `@counter@key/add` for an entity's operation."""
    request = request_of(scheduled)
    return f"{scheduled.instance_id}/{request.operation}" if request else scheduled.name


def describe(scheduled: Scheduled) -> str:
    """Name what is scheduled in an error."""
    request = request_of(scheduled)
    if request is None:
        return scheduled.describe()
    kind = "a signal to" if request.is_signal else "a call of"
    return f"{kind} {name_of(scheduled)}"


def is_answered_by(scheduled: Scheduled, event: Event) -> bool:
    """Tell whether an event is an entity's answer to a call."""
    request = called(scheduled)
    raised = event["EventType"] == EventType.EVENT_RAISED
    return request is not None and raised and event["Name"].lower() == request.id.lower()


def is_request_id(name: str) -> bool:
    """Tell whether an event has the name of an answer, which is the id of its request."""
    try:
        return str(uuid.UUID(name)) == name.lower()
    except ValueError:
        return False
