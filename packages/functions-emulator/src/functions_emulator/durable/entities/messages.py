"""What is said to an entity, and what it answers.

Source: durable-extension EntityScheduler/RequestMessage.cs, ResponseMessage.cs and
EntityMessageEventNames.cs. The SDK reads the id of a request and the whole of a response.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions_emulator.durable.events import Event, event_raised

_EVENT_NAME = "op"


@dataclass(frozen=True)
class Request:
    """Hold an operation that is asked for; `input` is JSON text, `due` a history text.

    `parent` and `parent_execution` name the execution that waits for the answer; an entity that
    signals is a parent too, a client is none.
    """

    operation: str
    id: str
    input: str | None = None
    is_signal: bool = False
    parent: str | None = None
    parent_execution: str | None = None
    due: str | None = None

    @property
    def event_name(self) -> str:
        """Give the name of the event that carries it."""
        return f"{_EVENT_NAME}@{self.due}" if self.due else _EVENT_NAME

    def to_text(self) -> str:
        """Write it as the extension does, without what has its default value."""
        fields: dict[str, Any] = {"op": self.operation}
        if self.is_signal:
            fields["signal"] = True
        if self.input is not None:
            fields["input"] = self.input
        fields["id"] = self.id
        if self.parent is not None:
            fields["parent"] = self.parent
        if self.parent_execution is not None:
            fields["parentExecution"] = self.parent_execution
        if self.due is not None:
            fields["due"] = self.due
        return json.dumps(fields, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Request:
        """Read what `to_text` wrote."""
        fields = json.loads(text)
        return cls(
            operation=fields["op"],
            id=fields["id"],
            input=fields.get("input"),
            is_signal=fields.get("signal", False),
            parent=fields.get("parent"),
            parent_execution=fields.get("parentExecution"),
            due=fields.get("due"),
        )


def signal(operation: str, input_text: str | None, parent: str | None = None) -> Request:
    """Make a signal of a client or an entity."""
    return Request(operation, str(uuid.uuid4()), input_text, is_signal=True, parent=parent)


def request_event(when: datetime, request: Request) -> Event:
    """Make the event by which a request reaches its entity."""
    return event_raised(when, request.event_name, request.to_text())


def response_event(when: datetime, request: Request, result: str | None, failed: bool) -> Event:
    """Make the event by which a result reaches the orchestration that waits for it."""
    fields: dict[str, Any] = {"result": result}
    if failed:
        fields["exceptionType"] = "Error"
    return event_raised(when, request.id, json.dumps(fields, separators=(",", ":")))
