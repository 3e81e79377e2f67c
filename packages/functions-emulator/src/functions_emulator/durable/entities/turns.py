"""Take entities through their batches: each is committed whole or not at all."""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from functions_emulator.durable import outgoing, reading, statements
from functions_emulator.durable.clock import Clock, from_text
from functions_emulator.durable.entities.ids import EntityId
from functions_emulator.durable.entities.messages import (
    Request,
    lock_event,
    request_event,
    response_event,
)
from functions_emulator.durable.entities.outcome import (
    BadBatch,
    Entities,
    Outcome,
    Result,
    Start,
    refused,
)
from functions_emulator.durable.entities.queueing import Work, determine
from functions_emulator.durable.entities.state import EntityState
from functions_emulator.durable.errors import Postponed
from functions_emulator.durable.events import Event, record
from functions_emulator.durable.instance import Message
from functions_emulator.durable.known import KnownFunctions
from functions_emulator.durable.mailbox import Mailbox
from functions_emulator.durable.outgoing import Outgoing
from functions_emulator.durable.store import Store

# durabletask TaskHubQueue.cs waits 2, 4, 8 ... seconds, at most ten minutes. Here somebody is
# looking on.
LONGEST_PAUSE = 60.0

log = logging.getLogger("functions_emulator.durable")


class EntityTurns:
    """Run what has come to an entity, in its order, up to `limit` operations in one batch."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        known: KnownFunctions,
        entities: Entities,
        mailbox: Mailbox,
        next_id: Callable[[], int],
        limit: int,
    ) -> None:
        self._store = store
        self._clock = clock
        self._known = known
        self._entities = entities
        self._mailbox = mailbox
        self._next_id = next_id
        self._limit = limit
        self._failures: Counter[str] = Counter()

    def forget_failures(self) -> None:
        """Have no entity wait longer for having failed before."""
        self._failures.clear()

    async def take(self, instance_id: str, messages: Sequence[Message]) -> list[Message]:
        """Run a batch of the messages and return the rest; Postponed if it came to nothing."""
        entity = EntityId.parse(instance_id)
        batch, rest = messages[: self._limit], messages[self._limit :]
        before = self._mailbox.clearings
        state = EntityState.of(reading.status(self._store.connection, instance_id))
        work = determine(state, [message.event.event for message in batch])
        try:
            outcome = await self._run(entity, work)
        except BadBatch as error:
            raise self._postponed(entity, error) from error
        self._failures.pop(instance_id, None)
        if before == self._mailbox.clearings:
            await self._commit(entity, batch, work, outcome)
            _log_failures(entity, work.operations, outcome.results)
        return list(rest) if before == self._mailbox.clearings else []

    async def _run(self, entity: EntityId, work: Work) -> Outcome:
        if not work.operations:
            return Outcome(work.state)
        if entity.name not in self._known.entities:
            return refused(work.state, work.operations, self._known.no_such_entity(entity.name))
        outcome = await self._entities.operate(entity, work.state, work.operations)
        state = replace(work.state, exists=outcome.state.exists, state=outcome.state.state)
        return replace(outcome, state=state)

    async def _commit(
        self, entity: EntityId, batch: Sequence[Message], work: Work, outcome: Outcome
    ) -> None:
        now, before = self._clock.now(), self._mailbox.clearings
        out = Outgoing()
        for request, result in zip(work.operations, outcome.results, strict=True):
            if not request.is_signal and request.parent is not None:
                event = response_event(now, request, result.value, result.failed, result.details)
                self._send(out, request.parent, event, request.parent_execution)
        for request in work.granted:
            assert request.parent is not None
            self._send(out, request.parent, lock_event(now, request), request.parent_execution)
        for target, request in (*work.passed_on, *outcome.signals):
            self._send(out, target.instance_id, request_event(now, request), due=request.due)
        for start in outcome.starts:
            self._start(out, entity, start, now)
        await self._store.commit(
            [
                statements.delete_messages(message.id for message in batch),
                statements.put_status(outcome.state.to_status(entity, now)),
                *out.writes(),
            ]
        )
        if before == self._mailbox.clearings:
            self._mailbox.put_all(out.messages)

    def _send(
        self,
        out: Outgoing,
        instance_id: str,
        event: Event,
        execution_id: str | None = None,
        due: str | None = None,
    ) -> None:
        when = from_text(due).timestamp() if due else None
        out.messages.append(
            Message(self._next_id(), instance_id, record(event), execution_id, when)
        )

    def _start(self, out: Outgoing, entity: EntityId, start: Start, now: datetime) -> None:
        instance_id = start.instance_id or uuid.uuid4().hex
        existing = reading.status(self._store.connection, instance_id)
        if existing is not None and not existing.ended:
            log.error(
                "%s: the orchestration '%s' was not started, because an instance with this id is "
                "still %s.",
                entity.instance_id,
                instance_id,
                existing.runtime_status,
            )
            return
        version = start.version or self._known.default_version or None
        status, first = outgoing.start(
            self._next_id, now, start.name, instance_id, start.input, version
        )
        if start.due:
            first = replace(first, due=from_text(start.due).timestamp())
        out.statuses.append(status)
        out.messages.append(first)

    def _postponed(self, entity: EntityId, error: BadBatch) -> Postponed:
        self._failures[entity.instance_id] += 1
        seconds = min(2.0 ** self._failures[entity.instance_id], LONGEST_PAUSE)
        log.error(
            "%s: the entity function '%s' failed as a whole, not in one operation. Its operations "
            "stay in its queue and are run again in %.0f s, as on the Azure Functions host. The "
            "state and every result must be JSON.\n%s",
            entity.instance_id,
            entity.name,
            seconds,
            error,
        )
        return Postponed(seconds)


def _log_failures(entity: EntityId, requests: Sequence[Request], results: Sequence[Result]) -> None:
    for request, result in zip(requests, results, strict=True):
        if result.failed:
            log.error(
                "%s: operation '%s' failed: %s",
                entity.instance_id,
                request.operation,
                result.reason,
            )
