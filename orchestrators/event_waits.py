"""Wait for events in rounds, without the SDK giving one event to every later wait."""

from collections import deque
from collections.abc import Generator, Iterable
from datetime import datetime
from typing import Any

import azure.durable_functions as df


class EventWaits:
    """Wait for any of some events, with fresh tasks each round, and tell which events came.

    Three rules of the platform meet here.

    A task that is used again in a second `task_any` is invisible to the extension, and the order
    hangs: each round makes its own (Task.py, CompoundTask).

    An event that comes while nobody waits is given to every later wait, so that one early event
    would have the stock checked for ever: the copy is forgotten when a round is over
    (durable-python#507, #481).

    A wait that lost its round stays open and takes the next event of its name, between rounds
    too: the open waits of every round count, not only those of the last
    (TaskOrchestrationExecutor.py, set_task_value; DurableOrchestrationContext.cs, RaiseEvent).
    They are served from one end of their row, the newest first, so that a look at the ends is
    enough: an order keeps one open wait for each round, and each replay looks once a round.
    """

    def __init__(self, context: df.DurableOrchestrationContext, names: Iterable[str]) -> None:
        self._context = context
        self._open: dict[str, deque[Any]] = {name: deque() for name in names}
        self._came: set[str] = set()

    def wait(self, until: datetime) -> Generator[Any, Any, None]:
        """Wait for one of the events, at the longest until then."""
        for name, tasks in self._open.items():
            self._look(name)
            tasks.append(self._context.wait_for_external_event(name))
        timer = self._context.create_timer(until)
        newest = [tasks[-1] for tasks in self._open.values()]
        yield self._context.task_any([*newest, timer])
        if not timer.is_completed:  # cancelling a timer that fired raises: Task.py, TimerTask
            timer.cancel()
        self._forget_copies()

    def came(self, name: str) -> bool:
        """Tell whether this event came since it was last asked about."""
        self._look(name)
        came = name in self._came
        self._came.discard(name)
        return came

    def _look(self, name: str) -> None:
        tasks = self._open[name]
        for end, take in ((-1, tasks.pop), (0, tasks.popleft)):
            while tasks and tasks[end].is_completed:
                take()
                self._came.add(name)

    def _forget_copies(self) -> None:
        # SDK 2.x keeps no copies and has no such attribute.
        copies = getattr(self._context, "deferred_tasks", {})
        for name in self._open:
            copies.pop(name, None)
