"""The engine: runs orchestrations on a state file."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Sequence
from datetime import datetime, timezone

from functions_emulator.durable import reading, statements
from functions_emulator.durable.activities import (
    Activities,
    DescribeFailure,
    RunActivity,
    describe_failure,
)
from functions_emulator.durable.clock import Clock
from functions_emulator.durable.decision import Orchestrators
from functions_emulator.durable.entities.ids import is_entity
from functions_emulator.durable.entities.outcome import Entities
from functions_emulator.durable.entities.turns import EntityTurns
from functions_emulator.durable.errors import Postponed
from functions_emulator.durable.events import Event, record
from functions_emulator.durable.instance import Message, Status
from functions_emulator.durable.known import KnownFunctions
from functions_emulator.durable.mailbox import Mailbox
from functions_emulator.durable.statements import Write
from functions_emulator.durable.store import Store
from functions_emulator.durable.turns import Turns
from functions_emulator.failures import FunctionTimedOut, WorkerLost

STOP_TIMEOUT = 1.5
PAUSE_AFTER_TROUBLE = 1.0
# ext:AzureStorageDurabilityProviderFactory.cs, outside of a consumption plan.
ENTITY_BATCH_LIMIT = 5000

log = logging.getLogger("functions_emulator.durable")


class Engine:
    """Run orchestrations: each in one turn at a time, up to a limit of turns at once.

    It lives on one event loop. What a kill cuts off is found in the state file and done again.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        known: KnownFunctions,
        orchestrators: Orchestrators,
        run_activity: RunActivity,
        entities: Entities,
        orchestrator_limit: int,
        activity_limit: int,
        entity_batch_limit: int = ENTITY_BATCH_LIMIT,
        describe: DescribeFailure = describe_failure,
    ) -> None:
        self._store = store
        self._orchestrator_limit = orchestrator_limit
        self._ready: asyncio.Queue[str] = asyncio.Queue()
        self._mailbox = Mailbox(clock, self._ready.put_nowait)
        self._ids = itertools.count(reading.last_id(store.connection) + 1)
        self._activities = Activities(
            run_activity, store, self._mailbox, clock, self.next_id, activity_limit, describe
        )
        self._turns = Turns(
            store, clock, orchestrators, self._mailbox, self._activities, self.next_id
        )
        self._entity_turns = EntityTurns(
            store,
            clock,
            known,
            entities,
            self._mailbox,
            self.next_id,
            entity_batch_limit,
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._busy = 0
        self._idle = asyncio.Event()
        self._stopping = False

    def next_id(self) -> int:
        """Give an id for a message or a work item."""
        return next(self._ids)

    def start(self) -> None:
        """Take up what was under way when the state file was last used."""
        self._mailbox.put_all(reading.messages(self._store.connection))
        for item in reading.work_items(self._store.connection):
            self._activities.dispatch(item)
        self._tasks = [asyncio.create_task(self._work()) for _ in range(self._orchestrator_limit)]
        self._tasks.append(asyncio.create_task(self._mailbox.run_timers()))

    async def stop(self) -> None:
        """Finish the turns and activities in flight, within about two seconds."""
        self._stopping = True
        try:
            await self._activities.stop(STOP_TIMEOUT)
            if self._busy:
                self._idle.clear()
                await asyncio.wait_for(self._idle.wait(), STOP_TIMEOUT)
        except asyncio.TimeoutError:
            log.warning("Orchestrators were cut off while running; they run again next time")
        finally:  # Also if nobody wants to wait for it: another engine may follow.
            for task in self._tasks:
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def begin(self, status: Status, first: Message) -> None:
        """Start a pending instance in place of any that ended under its id."""
        self.forget(status.instance_id)
        await self._store.commit(
            [
                *statements.delete_instance(status.instance_id),
                statements.put_status(status),
                statements.put_messages([first]),
            ]
        )
        self._mailbox.put(first)

    async def send(
        self,
        *events: tuple[str, Event],
        writes: Sequence[Write] = (),
        due: datetime | None = None,
    ) -> None:
        """Send events to instances, together with other writes or not at all.

        Each event comes with the id of its instance; all is on disk when this returns. They
        arrive at once, or when they are `due`.
        """
        when = due.timestamp() if due else None
        messages = [Message(self.next_id(), id_, record(event), due=when) for id_, event in events]
        await self._store.commit([*writes, statements.put_messages(messages)])
        self._mailbox.put_all(messages)

    def forget(self, instance_id: str) -> None:
        """Drop what is kept in memory of an instance that has ended."""
        self._turns.forget(instance_id)
        self._mailbox.forget(instance_id)

    def is_at_work(self) -> bool:
        """Tell whether anything is under way; if not, only a timer or a client changes that."""
        return (
            self._busy > 0
            or self._store.has_waiting_writes
            or self._mailbox.has_mail
            or self._activities.are_running
        )

    def next_timer(self) -> datetime | None:
        """Tell when the next timer is due."""
        due = self._mailbox.next_due
        return None if due is None else datetime.fromtimestamp(due, timezone.utc)

    async def reset(self) -> None:
        """Drop every instance and all that is under way; no result of it is waited for."""
        self._activities.abandon()
        for instance_id in reading.ids(self._store.connection, reading.Query()):
            self.forget(instance_id)
        self._mailbox.clear()
        self._entity_turns.forget_failures()
        await self._store.commit(statements.delete_everything())

    async def _take(self, instance_id: str, messages: list[Message]) -> None:
        if is_entity(instance_id):
            rest = await self._entity_turns.take(instance_id, messages)
            if rest:
                self._mailbox.put_back(instance_id, rest)
        else:
            await self._turns.take(instance_id, messages)

    async def _work(self) -> None:
        while True:
            instance_id = await self._ready.get()
            if self._stopping:
                return
            self._busy += 1
            before = self._mailbox.clearings
            messages = self._mailbox.take(instance_id)
            try:
                if messages:
                    await self._take(instance_id, messages)
            except Postponed as postponed:
                if before == self._mailbox.clearings:
                    self._mailbox.put_back(instance_id, messages)
                    self._mailbox.hold(instance_id, postponed.seconds)
            except Exception as error:
                known = isinstance(error, (WorkerLost, FunctionTimedOut))
                log.error(
                    "%s: the turn could not be taken and is tried again%s",
                    instance_id,
                    f": {error}" if known else "",
                    exc_info=not known,
                )
                self._turns.forget(instance_id)
                if before == self._mailbox.clearings:
                    self._mailbox.put_back(instance_id, messages)
                await asyncio.sleep(PAUSE_AFTER_TROUBLE)
            finally:
                self._mailbox.done(instance_id)
                self._busy -= 1
                if not self._busy:
                    self._idle.set()
