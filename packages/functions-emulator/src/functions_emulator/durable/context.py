"""What has been scheduled and what is being waited for, while an orchestration is replayed.

Source: durabletask TaskOrchestrationContext.cs for scheduled things, durable-extension
DurableOrchestrationContext.cs for external events.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from functions_emulator.durable.clock import from_text
from functions_emulator.durable.events import Event, EventType
from functions_emulator.durable.tasks import Task


class Scheduled(NamedTuple):
    """Hold one thing that a turn schedules; `kind` is the history event that records it.

    SDK 2.x writes JSON text for every input, which the history keeps as it is (`as_is`); 1.x gives
    values, of which durabletask makes lists of arguments.
    """

    kind: EventType
    id: int
    name: str = ""
    input: str | None = None
    instance_id: str | None = None
    fire_at: datetime | None = None
    version: str = ""
    as_is: bool = False

    def describe(self) -> str:
        """Name it in an error."""
        return describe(self.kind, self.name)


class ReplayFailure(Exception):
    """The orchestration fails with this text, whatever the user code says."""


class ReplayContext:
    """Keep the sequence ids, the open tasks, the waiters and the buffered events of a replay."""

    def __init__(self) -> None:
        self.turn_started = ""
        self.instance_id = ""
        self.execution_id = ""
        self._guids = 0
        self._sequence = 0
        self._pending: dict[int, Scheduled] = {}
        self._held_back: dict[int, Scheduled] = {}
        self._open: dict[int, Task] = {}
        self._scheduled: dict[int, Scheduled] = {}
        self._waiters: dict[str, list[Task]] = {}
        self._buffered: dict[str, int] = {}

    @property
    def now(self) -> datetime:
        """Tell the time of the turn that is being replayed."""
        return from_text(self.turn_started)

    @property
    def has_open_tasks(self) -> bool:
        """Tell whether an activity, timer or sub-orchestration has not come back yet."""
        return bool(self._open)

    def open_tasks(self) -> list[Scheduled]:
        """List what has been scheduled and has not come back, in the order of its ids."""
        return [self._scheduled[id_] for id_ in sorted(self._open)]

    def awaited_events(self) -> list[str]:
        """List the events that somebody waits for, in lower case."""
        return [name for name, waiters in self._waiters.items() if waiters]

    def pending(self) -> list[Scheduled]:
        """List what was scheduled and is not in the history yet, in the order of its ids."""
        return [self._pending[id_] for id_ in sorted(self._pending)]

    def schedule(
        self,
        kind: EventType,
        name: str = "",
        input_text: str | None = None,
        instance_id: str | None = None,
        fire_at: datetime | None = None,
        version: str = "",
    ) -> Task:
        """Schedule something under the next sequence id."""
        id_ = self._sequence
        self._sequence += 1
        scheduled = Scheduled(kind, id_, name, input_text, instance_id, fire_at, version)
        self._pending[id_] = self._scheduled[id_] = scheduled
        task = self._open[id_] = Task()
        return task

    def create_timer(self, fire_at: datetime, *, cancelled: bool = False) -> Task:
        """Schedule a timer; a cancelled one completes at once, and fires later unheard."""
        task = self.schedule(EventType.TIMER_CREATED, fire_at=fire_at)
        if cancelled:
            del self._open[self._sequence - 1]
            task.complete()
        return task

    def send_event(
        self, instance_id: str, name: str, input_text: str, due: datetime | None = None
    ) -> None:
        """Send an event to another instance; nothing comes back, so no task is open."""
        id_ = self._sequence
        self._sequence += 1
        self._pending[id_] = Scheduled(
            EventType.EVENT_SENT, id_, name, input_text, instance_id, due
        )

    def new_guid(self) -> str:
        """Give the next unique id, which is the same at every replay."""
        # .NET writes seven digits of a second, the history six.
        name = f"{self.instance_id}_{self.turn_started[:-1]}0Z_{self._guids}"
        self._guids += 1
        return str(uuid.uuid5(uuid.NAMESPACE_URL, name))

    def confirm(self, event: Event) -> None:
        """Match an event of the history with what was scheduled; ReplayFailure if it differs."""
        id_, kind = event["EventId"], event["EventType"]
        name = event.get("Name") or ""
        scheduled = self._pending.pop(id_, None)
        if scheduled is None or scheduled.kind != kind or scheduled.name.lower() != name.lower():
            now = "nothing" if scheduled is None else scheduled.describe()
            before = describe(EventType(kind), name)
            raise ReplayFailure(
                "Non-Deterministic workflow detected: a previous execution of this orchestration "
                f"scheduled {before} with sequence ID {id_}, but the current replay "
                f"scheduled {now}. Was a change made to the orchestrator code after this instance "
                "had already started running?"
            )

    def complete(self, id_: int, *, failed: bool = False, result: str | None = None) -> None:
        """Complete a scheduled task; a duplicate, or a cancelled timer, changes nothing."""
        task = self._open.pop(id_, None)
        if task is not None:
            task.complete(failed=failed, result=result)

    def wait_for_event(self, name: str) -> Task:
        """Wait for an event: the oldest buffered one, else the next that comes.

        Names ignore case; of several waiters the newest is served first.
        """
        key = name.lower()
        if self._buffered.get(key):
            self._buffered[key] -= 1
            return Task(done=True)
        task = Task()
        self._waiters.setdefault(key, []).append(task)
        return task

    def raise_event(self, name: str) -> None:
        """Give an event to the newest waiter, or buffer it."""
        key = name.lower()
        if self._waiters.get(key):
            self._waiters[key].pop().complete()
        else:
            self._buffered[key] = self._buffered.get(key, 0) + 1

    def hold_back(self) -> None:
        """Keep what is pending until the orchestration is resumed."""
        self._held_back.update(self._pending)
        self._pending.clear()

    def let_go(self) -> None:
        """Take back what was held."""
        self._pending.update(self._held_back)
        self._held_back.clear()


def describe(kind: EventType, name: str) -> str:
    """Name a scheduled thing in an error."""
    return {
        EventType.TASK_SCHEDULED: f"the activity '{name}'",
        EventType.SUB_ORCHESTRATION_CREATED: f"the sub-orchestration '{name}'",
        EventType.TIMER_CREATED: "a timer",
        EventType.EVENT_SENT: f"the event '{name}'",
    }[kind]
