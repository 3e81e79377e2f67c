"""What a turn sends out: activities to run, timers, sub-orchestrations, and word to the parent."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from functions_emulator.durable import statements
from functions_emulator.durable.clock import to_text
from functions_emulator.durable.context import Scheduled
from functions_emulator.durable.events import (
    EventType,
    event_raised,
    execution_started,
    make,
    record,
)
from functions_emulator.durable.instance import PENDING, Instance, Message, Parent, Status, WorkItem
from functions_emulator.durable.statements import Write
from functions_emulator.durable.turn import TurnResult

NextId = Callable[[], int]


@dataclass
class Outgoing:
    """Collect what goes out once the turn is committed; `statuses` are of new instances."""

    messages: list[Message] = field(default_factory=list)
    work_items: list[WorkItem] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)

    def writes(self) -> list[Write]:
        """Give the writes that make it durable."""
        return [
            *(
                write
                for status in self.statuses
                for write in [
                    *statements.delete_instance(status.instance_id),
                    statements.put_status(status),
                ]
            ),
            statements.put_messages(self.messages),
            statements.put_work_items(self.work_items),
        ]

    def drop(self, instance_id: str) -> None:
        """Take back the start of a new instance."""
        self.statuses = [each for each in self.statuses if each.instance_id != instance_id]
        self.messages = [each for each in self.messages if each.instance_id != instance_id]


def start(
    next_id: NextId,
    now: datetime,
    name: str,
    instance_id: str,
    input_text: str | None,
    version: str | None = None,
    parent: Parent | None = None,
    parent_name: str = "",
) -> tuple[Status, Message]:
    """Make a pending instance and the message that starts it."""
    execution_id = uuid.uuid4().hex
    event = execution_started(
        now,
        name,
        input_text,
        instance_id,
        execution_id,
        version,
        parent.to_event(parent_name) if parent else None,
    )
    created = to_text(now)
    status = Status(
        instance_id, execution_id, name, version, input_text, None, None, PENDING, created, created
    )
    return status, Message(next_id(), instance_id, record(event), execution_id)


def collect(instance: Instance, result: TurnResult, next_id: NextId, now: datetime) -> Outgoing:
    """Turn a turn's result into messages and work items."""
    out = Outgoing()
    status = result.status
    for scheduled in result.scheduled:
        if scheduled.kind == EventType.TASK_SCHEDULED:
            out.work_items.append(
                WorkItem(
                    next_id(),
                    status.instance_id,
                    status.execution_id,
                    scheduled.id,
                    scheduled.name,
                    scheduled.input,
                )
            )
        elif scheduled.kind == EventType.TIMER_CREATED:
            out.messages.append(_timer(status, scheduled, next_id()))
        elif scheduled.kind == EventType.EVENT_SENT:
            out.messages.append(_sent(scheduled, next_id(), now))
        else:
            _start_child(out, status, scheduled, next_id, now)
    for index, event in enumerate(result.restart or ()):
        execution_id = None if index else status.execution_id
        out.messages.append(Message(next_id(), status.instance_id, record(event), execution_id))
    if result.to_parent is not None and instance.parent is not None:
        parent = instance.parent
        word = record(result.to_parent)
        out.messages.append(Message(next_id(), parent.instance_id, word, parent.execution_id))
    return out


def _timer(status: Status, scheduled: Scheduled, id_: int) -> Message:
    assert scheduled.fire_at is not None
    event = make(
        EventType.TIMER_FIRED,
        scheduled.fire_at,
        TimerId=scheduled.id,
        FireAt=to_text(scheduled.fire_at),
    )
    due = scheduled.fire_at.timestamp()
    return Message(id_, status.instance_id, record(event), status.execution_id, due)


def _sent(scheduled: Scheduled, id_: int, now: datetime) -> Message:
    assert scheduled.instance_id is not None
    event = record(event_raised(now, scheduled.name, scheduled.input))
    due = scheduled.fire_at.timestamp() if scheduled.fire_at else None
    return Message(id_, scheduled.instance_id, event, due=due)


def _start_child(
    out: Outgoing, status: Status, scheduled: Scheduled, next_id: NextId, now: datetime
) -> None:
    assert scheduled.instance_id is not None
    child, message = start(
        next_id,
        now,
        scheduled.name,
        scheduled.instance_id,
        scheduled.input if scheduled.as_is else json.dumps(scheduled.input),
        scheduled.version or None,
        parent=Parent(status.instance_id, status.execution_id, scheduled.id),
        parent_name=status.name,
    )
    out.statuses.append(child)
    out.messages.append(message)
