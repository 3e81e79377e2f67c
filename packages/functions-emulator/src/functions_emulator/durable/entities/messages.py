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

from functions_emulator.durable.entities.ids import EntityId
from functions_emulator.durable.events import Event, event_raised

_EVENT_NAME = "op"
RELEASE = "release"


@dataclass(frozen=True)
class Request:
    """Hold an operation that is asked for; `input` is JSON text, `due` a history text.

    `parent` and `parent_execution` name the execution that waits for the answer; an entity that
    signals is a parent too, a client is none. With a `lock_set` it asks for the lock of the entity
    at `position`, and of all behind it.
    """

    operation: str
    id: str
    input: str | None = None
    is_signal: bool = False
    parent: str | None = None
    parent_execution: str | None = None
    due: str | None = None
    lock_set: tuple[EntityId, ...] = ()
    position: int = 0

    @property
    def event_name(self) -> str:
        """Give the name of the event that carries it."""
        return f"{_EVENT_NAME}@{self.due}" if self.due else _EVENT_NAME

    def to_text(self) -> str:
        """Write it as the extension does, without what has its default value."""
        fields: dict[str, Any] = {} if self.lock_set else {"op": self.operation}
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
        if self.lock_set:
            fields["lockset"] = [{"name": each.name, "key": each.key} for each in self.lock_set]
            fields["pos"] = self.position
        return json.dumps(fields, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Request:
        """Read what `to_text` wrote."""
        fields = json.loads(text)
        return cls(
            operation=fields.get("op") or "",
            id=fields["id"],
            input=fields.get("input"),
            is_signal=fields.get("signal", False),
            parent=fields.get("parent"),
            parent_execution=fields.get("parentExecution"),
            due=fields.get("due"),
            lock_set=tuple(EntityId.of(e["name"], e["key"]) for e in fields.get("lockset", ())),
            position=fields.get("pos", 0),
        )


def signal(
    operation: str, input_text: str | None, parent: str | None = None, due: str | None = None
) -> Request:
    """Make a signal of a client or an entity."""
    return Request(operation, str(uuid.uuid4()), input_text, True, parent, due=due)


def request_event(when: datetime, request: Request) -> Event:
    """Make the event by which a request reaches its entity."""
    return event_raised(when, request.event_name, request.to_text())


def response_event(
    when: datetime,
    request: Request,
    result: str | None,
    failed: bool,
    details: dict[str, Any] | None = None,
) -> Event:
    """Make the event by which a result reaches the orchestration that waits for it."""
    fields: dict[str, Any] = {"result": result}
    if details is not None:
        fields["failureDetails"] = details
    elif failed:
        fields["exceptionType"] = "Error"
    return event_raised(when, request.id, json.dumps(fields, separators=(",", ":")))


def lock_event(when: datetime, request: Request) -> Event:
    """Make the event by which an orchestration hears that it has all its locks."""
    return event_raised(when, request.id, '{"result":"Lock Acquisition Completed"}')
