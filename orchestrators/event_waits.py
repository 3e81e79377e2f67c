"""Wait for events in rounds, without the SDK giving one event to every later wait."""

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
    too: every open wait is looked at, not only those of the last round
    (TaskOrchestrationExecutor.py, set_task_value; DurableOrchestrationContext.cs, RaiseEvent).
    """

    def __init__(self, context: df.DurableOrchestrationContext, names: Iterable[str]) -> None:
        self._context = context
        self._open: dict[str, list[Any]] = {name: [] for name in names}

    def wait(self, until: datetime) -> Generator[Any, Any, None]:
        """Wait for one of the events, at the longest until then."""
        for name, tasks in self._open.items():
            tasks.append(self._context.wait_for_external_event(name))
        timer = self._context.create_timer(until)
        newest = [tasks[-1] for tasks in self._open.values()]
        yield self._context.task_any([*newest, timer])
        if not timer.is_completed:  # cancelling a timer that fired raises: Task.py, TimerTask
            timer.cancel()
        self._forget_copies()

    def came(self, name: str) -> bool:
        """Tell whether this event came since it was last asked about."""
        tasks = self._open[name]
        still_open = [task for task in tasks if not task.is_completed]
        came = len(still_open) < len(tasks)
        self._open[name] = still_open
        return came

    def _forget_copies(self) -> None:
        # SDK 2.x keeps no copies and has no such attribute.
        copies = getattr(self._context, "deferred_tasks", {})
        for name in self._open:
            copies.pop(name, None)
