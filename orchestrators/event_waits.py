"""Wait for events in rounds, without losing one and without using one twice."""

from collections import deque
from collections.abc import Generator, Iterable
from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df

from durable_sdk import WAITS_CAN_BE_REUSED, cancel_timer, forget_early_events, is_done

# SDK 1.x splits a longer timer into several (Task.py, LongTimerTask), and its cancel() leaves the
# one under way open: the orchestration stays Running for ever (durable-python#573).
LONGEST_TIMER = timedelta(days=6)
# A longer wait is split into rounds of this length.
PART = timedelta(days=3)


class EventWaits:
    """Wait for any of some events, with fresh tasks each round, and tell which events came.

    Three rules of the platform meet here; durable_sdk.py says where they come from.

    A task that is used again in a second `task_any` is invisible to the extension, and the order
    hangs: each round makes its own. With SDK 2.x it is the other way round: a wait that lost its
    round is used again.

    An event that comes while nobody waits is given to every later wait, so that one early event
    would have the stock checked for ever: the copy is forgotten when a round that waited for it is
    over.

    A wait that lost its round stays open and takes the next event of its name, between rounds too:
    the open waits of every round count, not only those of the last (TaskOrchestrationExecutor.py,
    set_task_value; DurableOrchestrationContext.cs, RaiseEvent). An event goes to the newest of
    them, or to the oldest with SDK 2.x, so that looking at both ends of the queue is enough. An
    order has one open wait for each round, and each replay looks once a round.
    """

    def __init__(self, context: df.DurableOrchestrationContext, names: Iterable[str]) -> None:
        self._context = context
        self._open: dict[str, deque[Any]] = {name: deque() for name in names}
        self._came: set[str] = set()

    def wait(self, until: datetime, *names: str) -> Generator[Any, Any, None]:
        """Wait until one of these events comes (any, if none is named), or until then.

        `until` may be any time ahead.
        """
        fired = True
        while fired:
            now = self._context.current_utc_datetime
            end = until if until - now <= LONGEST_TIMER else now + PART
            fired = yield from self._round(end, names or self._open)
            # Not by the clock, which may be a little behind the one by which the timer fired.
            if end == until:
                break

    def came(self, name: str) -> bool:
        """Tell whether this event came since it was last asked about."""
        self._look(name)
        came = name in self._came
        self._came.discard(name)
        return came

    def _round(self, end: datetime, names: Iterable[str]) -> Generator[Any, Any, bool]:
        """Wait for one of the events or for the end of the round; tell whether it was the end."""
        names = list(names)
        newest = []
        for name in names:
            tasks = self._open[name]
            self._look(name)
            if not (tasks and WAITS_CAN_BE_REUSED):
                tasks.append(self._context.wait_for_external_event(name))
            newest.append(tasks[-1])
        timer = self._context.create_timer(end)
        yield self._context.task_any([*newest, timer])
        fired = is_done(timer)
        cancel_timer(timer)
        forget_early_events(self._context, names)
        return fired

    def _look(self, name: str) -> None:
        tasks = self._open[name]
        for end, take in ((-1, tasks.pop), (0, tasks.popleft)):
            while tasks and is_done(tasks[end]):
                take()
                self._came.add(name)
