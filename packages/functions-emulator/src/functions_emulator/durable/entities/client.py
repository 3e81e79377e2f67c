"""What a client can ask of entities.

Source: durable-extension DurableClient.cs, and durabletask EntityTrackingStoreQueries.cs behind it.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Callable
from typing import Any

from functions_emulator.durable import reading, statements
from functions_emulator.durable.clock import Clock, from_text
from functions_emulator.durable.engine import Engine
from functions_emulator.durable.entities.ids import EntityId
from functions_emulator.durable.entities.messages import (
    RELEASE,
    Request,
    request_event,
    signal,
)
from functions_emulator.durable.entities.state import EntityState
from functions_emulator.durable.errors import BadArgument, is_invalid_character
from functions_emulator.durable.events import event_raised
from functions_emulator.durable.instance import Status
from functions_emulator.durable.known import KnownFunctions
from functions_emulator.durable.reading import Query
from functions_emulator.durable.store import Store


class EntityClient:
    """Signal, read and list entities."""

    def __init__(self, store: Store, engine: Engine, clock: Clock, known: KnownFunctions) -> None:
        self._store = store
        self._engine = engine
        self._clock = clock
        self._known = known

    @property
    def _connection(self) -> sqlite3.Connection:
        return self._store.connection

    async def signal(self, entity: EntityId, operation: str, input_text: str | None) -> None:
        """Send an operation to an entity; BadArgument for a bad key or an unknown entity."""
        if any(is_invalid_character(character) for character in entity.key):
            raise BadArgument("Entity keys must not contain /, \\, #, ?, or control characters.")
        if entity.name not in self._known.entities:
            raise BadArgument(self._known.no_such_entity(entity.name))
        await self.send(entity, signal(operation, input_text))

    async def send(self, entity: EntityId, request: Request) -> None:
        """Send a request to an entity, of whatever name; it arrives when it is due."""
        event = request_event(self._clock.now(), request)
        due = from_text(request.due) if request.due else None
        await self._engine.send((entity.instance_id, event), due=due)

    def find(self, entity: EntityId) -> Status | None:
        """Give the instance of an entity; None for one that has never been told anything."""
        return reading.status(self._connection, entity.instance_id)

    def read(self, entity: EntityId) -> str | None:
        """Give the state of an entity as JSON text; None if there is none."""
        return EntityState.of(reading.status(self._connection, entity.instance_id)).state

    def page(
        self, query: Query, after: str, size: int, with_state: bool
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Give a page of entities, as the extension shows them, and where to go on behind it.

        A page may hold fewer than there are, because the entities that are gone are left out
        afterwards, but it is not empty unless it is the last.
        """
        found, next_id = self.select(query, after, size, lambda each: _is_there(each, with_state))
        return [_shown(each, with_state) for each in found], next_id

    def select(
        self, query: Query, after: str, size: int, keep: Callable[[Status], bool]
    ) -> tuple[list[Status], str | None]:
        """Give a page of the instances of entities that are to be kept, and where to go on."""
        while True:
            found, next_id = reading.page(self._connection, query, after, size)
            kept = [each for each in found if keep(each)]
            if kept or next_id is None:
                return kept, next_id
            after = next_id

    async def remove_empty(self) -> int:
        """Forget the entities without a state, a lock or a queue; tell how many there were."""
        empty = [
            each.instance_id
            for each in self._all()
            if (state := EntityState.of(each)).state is None
            and state.locked_by is None
            and not state.queue
        ]
        await self._store.commit([statements.delete_status(each) for each in empty])
        return len(empty)

    async def release_orphaned_locks(self) -> int:
        """Release the locks of orchestrations that have ended; tell how many there were."""
        released = 0
        for each in self._all():
            holder = EntityState.of(each).locked_by
            if holder is None:
                continue
            status = reading.status(self._connection, holder)
            if status is None or status.ended:
                request = Request("", str(uuid.uuid4()), parent=holder)
                event = event_raised(self._clock.now(), RELEASE, request.to_text())
                await self._engine.send((each.instance_id, event))
                released += 1
        return released

    def _all(self) -> list[Status]:
        ids = reading.ids(self._connection, Query(prefix=prefix_of(None)))
        found = (reading.status(self._connection, each) for each in ids)
        return [each for each in found if each is not None]


def prefix_of(name: str | None) -> str:
    """Give what the instances of all entities of a name, or of any, start with."""
    return f"@{name.lower()}@" if name else "@"


def _is_there(status: Status, with_state: bool) -> bool:
    # Whether the state is asked for decides what is looked at: GetEntityMetadataAsync.
    state = EntityState.of(status)
    return state.state is not None if with_state else state.exists


def _shown(status: Status, with_state: bool) -> dict[str, Any]:
    entity = EntityId.parse(status.instance_id)
    text = EntityState.of(status).state if with_state else None
    return {
        "entityId": {"name": entity.name, "key": entity.key},
        "lastOperationTime": status.created,
        "state": _value(text),
    }


def _value(text: str | None) -> Any:
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return text
