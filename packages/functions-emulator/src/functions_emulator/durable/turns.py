"""Take instances through their turns: ask the SDK, replay its answer, commit what comes of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from functions_emulator.durable import outgoing, reading, statements
from functions_emulator.durable.activities import Activities
from functions_emulator.durable.cache import InstanceCache
from functions_emulator.durable.clock import Clock
from functions_emulator.durable.decision import Orchestrators
from functions_emulator.durable.events import EventType, Recorded
from functions_emulator.durable.instance import Instance, Message, Status
from functions_emulator.durable.mailbox import Mailbox
from functions_emulator.durable.outgoing import Outgoing
from functions_emulator.durable.statements import Write
from functions_emulator.durable.store import Store
from functions_emulator.durable.trigger import new_events
from functions_emulator.durable.turn import TurnResult, conclude, terminate
from functions_emulator.durable.turn_log import log_turn

log = logging.getLogger("functions_emulator.durable")


class Turns:
    """Take turns. Each commits whole or not at all, and nothing is sent before it has."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        orchestrators: Orchestrators,
        mailbox: Mailbox,
        activities: Activities,
        next_id: Callable[[], int],
    ) -> None:
        self._store = store
        self._clock = clock
        self._orchestrators = orchestrators
        self._mailbox = mailbox
        self._activities = activities
        self._next_id = next_id
        self._cache = InstanceCache(store.connection)

    def forget(self, instance_id: str) -> None:
        """Drop what is kept in memory of an instance: the state file knows better."""
        self._cache.forget(instance_id)

    async def take(self, instance_id: str, messages: Sequence[Message]) -> None:
        """Process messages to one instance; those to an ended execution are dropped."""
        instance = self._cache.begin_turn(instance_id)
        try:
            events = [] if instance is None else _current(instance.status, messages)
            if instance is None or not events:
                await self._store.commit([statements.delete_messages(m.id for m in messages)])
                return
            result = await self._result(instance, events)
            if not instance.purged:
                await self._commit(instance, messages, result)
        finally:
            self._cache.end_turn(instance_id)

    async def _result(self, instance: Instance, events: Sequence[Recorded]) -> TurnResult:
        now = self._clock.now()
        new = new_events(events, now)
        if not instance.history:
            instance.parent = reading.parent_of(new)
        terminated = terminate(instance, new, now)
        if terminated is not None:
            return terminated
        return conclude(instance, new, await self._orchestrators.decide(instance, new), now)

    async def _commit(
        self, instance: Instance, messages: Sequence[Message], result: TurnResult
    ) -> None:
        status = result.status
        out = outgoing.collect(instance, result, self._next_id, self._clock.now())
        self._refuse_live_children(status, out)
        writes = [statements.delete_messages(message.id for message in messages)]
        if result.restart is None:
            writes.append(_append(instance, result))
        else:
            writes += _forget_execution(instance.status)
        if status.ended:
            writes.append(statements.delete_messages_of(status.instance_id))
        before = self._mailbox.clearings
        await self._store.commit([*writes, statements.put_status(status), *out.writes()])
        if before != self._mailbox.clearings:
            return
        self._committed(instance, result)
        if result.restart is None:
            self._mailbox.put_all(out.messages)
        else:  # before what came in the meantime: durabletask TaskOrchestrationDispatcher.cs
            id_ = status.instance_id
            self._mailbox.put_back(id_, [each for each in out.messages if each.instance_id == id_])
            self._mailbox.put_all(each for each in out.messages if each.instance_id != id_)
        for item in out.work_items:
            self._activities.dispatch(item)

    def _committed(self, instance: Instance, result: TurnResult) -> None:
        instance_id = instance.status.instance_id
        if result.status.ended:
            self.forget(instance_id)
            self._mailbox.forget(instance_id)
        else:
            instance.status = result.status
            if result.restart is None:
                instance.history.extend(result.events)
            else:
                instance.history.clear()
            self._cache.keep(instance)
        if instance.lingers:
            result.left_open.clear()
        instance.lingers = instance.lingers or bool(result.left_open)
        log_turn(result)

    def _refuse_live_children(self, status: Status, out: Outgoing) -> None:
        for child in list(out.statuses):
            existing = reading.status(self._store.connection, child.instance_id)
            if existing is not None and not existing.ended:
                log.error(
                    "%s: the sub-orchestration '%s' was not started, because an instance with "
                    "this id is still %s. Give each call an id of its own, or none.",
                    status.instance_id,
                    child.instance_id,
                    existing.runtime_status,
                )
                out.drop(child.instance_id)


def _current(status: Status, messages: Sequence[Message]) -> list[Recorded]:
    if status.ended:
        return []
    executions = (None, status.execution_id)
    events = [message.event for message in messages if message.execution_id in executions]
    # The state file gives the start of a continued execution after what had come before it.
    return sorted(events, key=lambda event: event.event["EventType"] != EventType.EXECUTION_STARTED)


def _append(instance: Instance, result: TurnResult) -> Write:
    instance_id = instance.status.instance_id
    return statements.append_history(instance_id, len(instance.history), result.events)


def _forget_execution(status: Status) -> list[Write]:
    return [
        statements.delete_history(status.instance_id),
        statements.delete_answers(status.instance_id, status.execution_id),
    ]
