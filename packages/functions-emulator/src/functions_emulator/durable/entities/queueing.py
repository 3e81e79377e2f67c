"""What of an entity's mail is done now, and what waits for its lock.

Source: durabletask TaskEntityDispatcher.cs, DetermineWork, and SchedulerState.cs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from functions_emulator.durable.entities.ids import EntityId
from functions_emulator.durable.entities.messages import RELEASE, Request
from functions_emulator.durable.entities.state import EntityState
from functions_emulator.durable.events import Event, EventType


@dataclass(frozen=True)
class Work:
    """Hold the operations to run now, and the lock requests granted or passed on after them.

    `state` is what is left: the lock, and the queue behind it.
    """

    operations: Sequence[Request]
    granted: Sequence[Request]
    passed_on: Sequence[tuple[EntityId, Request]]
    state: EntityState


def determine(state: EntityState, mail: Sequence[Event]) -> Work:
    """Put new mail behind what waits, and take out what is to be done now.

    Whoever holds the lock comes first, and everybody else waits until it is released.
    """
    locked_by = state.locked_by
    queue, of_holder = list(state.queue), []
    for event in mail:
        if event["EventType"] != EventType.EVENT_RAISED:
            continue
        request = Request.from_text(event["Input"])
        if event["Name"] == RELEASE:
            locked_by = None if locked_by == request.parent else locked_by
        elif locked_by is not None and locked_by == request.parent:
            of_holder.append(request)
        else:
            queue.append(request)
    queue = of_holder + queue
    operations, granted, passed_on = [], [], []
    while queue and locked_by in (None, queue[0].parent):
        request = queue.pop(0)
        if not request.lock_set:
            operations.append(request)
            continue
        locked_by = request.parent
        following = replace(request, position=request.position + 1)
        if following.position < len(following.lock_set):
            passed_on.append((following.lock_set[following.position], following))
        else:
            granted.append(request)
    left = replace(state, locked_by=locked_by, queue=tuple(queue))
    return Work(operations, granted, passed_on, left)
