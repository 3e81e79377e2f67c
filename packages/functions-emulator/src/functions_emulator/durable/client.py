"""What a durable client can ask for, whoever asks: the management API or a function.

Source: durable-extension ContextImplementations/DurableClient.cs.
"""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import replace
from typing import Any

from functions_emulator.durable import outgoing, reading, statements
from functions_emulator.durable.clock import Clock, from_text
from functions_emulator.durable.engine import Engine
from functions_emulator.durable.entities.ids import is_entity
from functions_emulator.durable.errors import BadArgument, Conflict, NotAllowed, checked_id
from functions_emulator.durable.events import EventType, Recorded, event_raised, make
from functions_emulator.durable.instance import FAILED, RUNNING, SUSPENDED, Status
from functions_emulator.durable.reading import Query
from functions_emulator.durable.rewind import rewind
from functions_emulator.durable.store import Store


class Client:
    """Start, tell, change and delete instances.

    `default_version` is that of instances that are started without one.
    """

    def __init__(
        self,
        store: Store,
        engine: Engine,
        clock: Clock,
        orchestrators: set[str],
        any_state: bool,
        default_version: str = "",
    ) -> None:
        self._store = store
        self._engine = engine
        self._clock = clock
        self._orchestrators = orchestrators
        self._any_state = any_state
        self._default_version = default_version or None
        self._starting: set[str] = set()

    @property
    def _connection(self) -> sqlite3.Connection:
        return self._store.connection

    async def start(
        self,
        name: str,
        instance_id: str | None,
        input_text: str | None,
        version: str | None = None,
        due: str | None = None,
        any_name: bool = False,
    ) -> str:
        """Start an orchestration and tell its id; BadArgument or Conflict when it cannot be.

        It starts at once, or at the time of a history text. With `any_name` one that the app does
        not have is started, too, and fails.
        """
        if not any_name and name.lower() not in self._orchestrators:
            known = ", ".join(sorted(self._orchestrators)) or "none"
            raise BadArgument(
                f"The function '{name}' doesn't exist, is disabled, or is not an orchestrator "
                f"function. Additional info: the orchestrator functions are: {known}"
            )
        instance_id = checked_id(instance_id) if instance_id else uuid.uuid4().hex
        existing = self.get(instance_id)
        if instance_id in self._starting or (
            existing is not None and not existing.ended and not self._any_state
        ):
            raise Conflict(f"An Orchestration instance with the ID {instance_id} already exists.")
        self._starting.add(instance_id)
        try:
            status, first = outgoing.start(
                self._engine.next_id,
                self._clock.now(),
                name,
                instance_id,
                input_text,
                version or self._default_version,
            )
            if due is not None:
                first = replace(first, due=from_text(due).timestamp())
            await self._engine.begin(status, first)
        finally:
            self._starting.discard(instance_id)
        return instance_id

    def get(self, instance_id: str) -> Status | None:
        """Tell how an instance stands; None for an unknown one."""
        return reading.status(self._connection, instance_id)

    def history(self, instance_id: str) -> list[Recorded]:
        """Give the history of an instance's current execution."""
        return reading.history(self._connection, instance_id)

    def page(self, query: Query, after: str, size: int) -> tuple[list[Status], str | None]:
        """Give a page of instances and the id to go on behind."""
        return reading.page(self._connection, query, after, size)

    async def raise_event(self, instance_id: str, name: str, input_text: str | None) -> None:
        """Send an external event to an instance."""
        event = event_raised(self._clock.now(), name, input_text)
        await self._engine.send((instance_id, event))

    async def terminate(self, status: Status, reason: Any) -> None:
        """Stop an instance; none of its code runs any more. The reason may be any JSON."""
        await self._tell(status.instance_id, EventType.EXECUTION_TERMINATED, "Input", reason)

    async def suspend(self, status: Status, reason: str | None) -> None:
        """Hold an instance; NotAllowed when it is held already."""
        if status.runtime_status == SUSPENDED:
            raise NotAllowed(_cannot("suspend", status))
        await self._tell(status.instance_id, EventType.EXECUTION_SUSPENDED, "Reason", reason)

    async def resume(self, status: Status, reason: str | None) -> None:
        """Let a held instance go on; NotAllowed when it is not held."""
        if status.runtime_status != SUSPENDED:
            raise NotAllowed(_cannot("resume", status))
        await self._tell(status.instance_id, EventType.EXECUTION_RESUMED, "Reason", reason)

    async def restart(self, instance_id: str, with_new_id: bool, any_name: bool = False) -> str:
        """Start an instance again with its input; tell the id."""
        status = self.get(instance_id)
        if status is None:
            raise BadArgument(f"An orchestration with the instanceId {instance_id} was not found.")
        new_id = None if with_new_id else instance_id
        return await self.start(
            status.name, new_id, status.input, status.version, any_name=any_name
        )

    async def rewind(self, status: Status, reason: str | None) -> None:
        """Undo the failures of a failed instance and run it again; NotAllowed if it is not."""
        if status.runtime_status != FAILED:
            raise NotAllowed(
                "The rewind operation is only supported on failed orchestration instances."
            )
        rewound = rewind(self._connection, status.instance_id)
        writes = []
        for instance in rewound.instances:
            instance.status.runtime_status = RUNNING
            instance.status.output = None
            writes += [
                *statements.replace_history(instance),
                statements.put_status(instance.status),
            ]
        wake = {**make(EventType.GENERIC_EVENT, self._clock.now()), "Data": reason}
        await self._engine.send(*((leaf, wake) for leaf in rewound.leaves), writes=writes)

    async def purge(self, instance_id: str) -> int:
        """Delete an instance, whatever its state, and tell how many that were."""
        return await self._delete([instance_id]) if self.get(instance_id) else 0

    async def purge_many(self, query: Query) -> int:
        """Delete the instances wanted, running ones too unless the query says otherwise."""
        return await self._delete(reading.ids(self._connection, query))

    async def _delete(self, instance_ids: list[str]) -> int:
        writes = []
        for instance_id in instance_ids:
            if is_entity(instance_id):  # its queue is not part of it: somebody waits for answers
                writes.append(statements.delete_status(instance_id))
            else:
                self._engine.forget(instance_id)
                writes += statements.delete_instance(instance_id)
        await self._store.commit(writes)
        return len(instance_ids)

    async def _tell(self, instance_id: str, kind: EventType, key: str, reason: Any) -> None:
        event = {**make(kind, self._clock.now()), key: reason}
        await self._engine.send((instance_id, event))


def _cannot(verb: str, status: Status) -> str:
    return (
        f"Cannot {verb} the orchestration instance {status.instance_id} because instance is in "
        f"the {status.runtime_status} state."
    )
