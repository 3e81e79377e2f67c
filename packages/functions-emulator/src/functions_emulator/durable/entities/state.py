"""An entity's state, kept as the status of an instance, as the extension keeps it.

Source: durable-extension EntityScheduler/SchedulerState.cs and EntityStatus.cs. So a query for
instances shows entities too, under their ids of the form @name@key.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions_emulator.durable.clock import to_text
from functions_emulator.durable.entities.ids import EntityId
from functions_emulator.durable.entities.messages import Request
from functions_emulator.durable.instance import RUNNING, Status


@dataclass(frozen=True)
class EntityState:
    """Hold whether an entity exists, and its state as JSON text.

    The two do not always agree: the SDK writes `null` for the state of an entity that it has
    destructed, and the extension then reads a state that is there and is null (durabletask
    EntityTrackingStoreQueries.cs; durable-python#316).

    `locked_by` is the orchestration that holds its lock, and `queue` what waits until it lets go.
    """

    exists: bool = False
    state: str | None = None
    locked_by: str | None = None
    queue: tuple[Request, ...] = ()

    @classmethod
    def of(cls, status: Status | None) -> EntityState:
        """Read the state from the entity's instance; of an unknown one it is empty."""
        if status is None or status.input is None:
            return cls()
        scheduler = json.loads(status.input)
        return cls(
            scheduler.get("exists", False),
            scheduler.get("state"),
            scheduler.get("lockedBy"),
            tuple(Request.from_text(text) for text in scheduler.get("queue", ())),
        )

    def to_status(self, entity: EntityId, now: datetime) -> Status:
        """Write the instance; it starts anew with each batch, as the extension's does."""
        scheduler: dict[str, Any] = {}
        if self.exists:
            scheduler["exists"] = True
        if self.state is not None:
            scheduler["state"] = self.state
        if self.queue:
            scheduler["queue"] = [request.to_text() for request in self.queue]
        if self.locked_by is not None:
            scheduler["lockedBy"] = self.locked_by
        scheduler["sorter"] = {}
        moment = to_text(now)
        return Status(
            instance_id=entity.instance_id,
            execution_id=uuid.uuid4().hex,
            name=entity.instance_id,
            version=None,
            input=json.dumps(scheduler, separators=(",", ":")),
            output=None,
            custom_status='{"entityExists":true}' if self.exists else "{}",
            runtime_status=RUNNING,
            created=moment,
            updated=moment,
        )
