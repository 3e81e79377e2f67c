"""Take entities through their batches: each is committed whole or not at all."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from functions_emulator.durable import reading, statements
from functions_emulator.durable.clock import Clock
from functions_emulator.durable.entities.batch import (
    BadBatch,
    Outcome,
    Result,
    parse,
    refused,
    trigger_body,
)
from functions_emulator.durable.entities.ids import EntityId
from functions_emulator.durable.entities.messages import Request, request_event, response_event
from functions_emulator.durable.entities.state import EntityState
from functions_emulator.durable.errors import Postponed
from functions_emulator.durable.events import record
from functions_emulator.durable.instance import Message
from functions_emulator.durable.known import KnownFunctions
from functions_emulator.durable.mailbox import Mailbox
from functions_emulator.durable.store import Store
from functions_emulator.failures import FunctionTimedOut, WorkerLost, failure_text

# Runs the entity function of this name on this trigger body, for this instance; answers the
# SDK's text and raises what the SDK raises.
RunEntity = Callable[[str, str, str], Awaitable[str]]

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
        run_entity: RunEntity,
        mailbox: Mailbox,
        next_id: Callable[[], int],
        limit: int,
    ) -> None:
        self._store = store
        self._clock = clock
        self._known = known
        self._run_entity = run_entity
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
        requests = [Request.from_text(message.event.event["Input"]) for message in batch]
        before = self._mailbox.clearings
        state = EntityState.of(reading.status(self._store.connection, instance_id))
        try:
            outcome = await self._run(entity, state, requests)
        except BadBatch as error:
            raise self._postponed(entity, error) from error
        self._failures.pop(instance_id, None)
        if before == self._mailbox.clearings:
            await self._commit(entity, batch, requests, outcome)
            _log_failures(entity, requests, outcome.results)
        return list(rest) if before == self._mailbox.clearings else []

    async def _run(
        self, entity: EntityId, state: EntityState, requests: Sequence[Request]
    ) -> Outcome:
        if entity.name not in self._known.entities:
            return refused(state, requests, self._known.no_such_entity(entity.name))
        body = trigger_body(entity, state, requests)
        try:
            text = await self._run_entity(entity.name, body, entity.instance_id)
        except (WorkerLost, FunctionTimedOut):  # it did not come to an end: all of it runs again
            raise
        except Exception as error:  # the SDK reports what an operation raises; this is not that
            raise BadBatch(failure_text(error).rstrip()) from error
        return parse(text, entity, requests)

    async def _commit(
        self,
        entity: EntityId,
        batch: Sequence[Message],
        requests: Sequence[Request],
        outcome: Outcome,
    ) -> None:
        now, before = self._clock.now(), self._mailbox.clearings
        outgoing = []
        for request, result in zip(requests, outcome.results, strict=True):
            if not request.is_signal and request.parent is not None:
                event = record(response_event(now, request, result.value, result.failed))
                outgoing.append(
                    Message(self._next_id(), request.parent, event, request.parent_execution)
                )
        for target, request in outcome.signals:
            event = record(request_event(now, request))
            outgoing.append(Message(self._next_id(), target.instance_id, event))
        await self._store.commit(
            [
                statements.delete_messages(message.id for message in batch),
                statements.put_status(outcome.state.to_status(entity, now)),
                statements.put_messages(outgoing),
            ]
        )
        if before == self._mailbox.clearings:
            self._mailbox.put_all(outgoing)

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
            reason = json.loads(result.value or "null")
            log.error(
                "%s: operation '%s' failed: %s", entity.instance_id, request.operation, reason
            )
