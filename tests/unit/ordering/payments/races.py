"""Calls on one order at once, in every order of their steps.

A step is one request, to Stripe or to the table. Each call is a greenlet, which stops before each
step, so a schedule is a list of choices, and all schedules with a few changes of turn can be tried
one after the other. Threads would take most of the time to wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from greenlet import getcurrent, greenlet

from tests.unit.ordering.payments.worlds import Crash, World, plan

Call = Callable[[World], Any]


class Actor(greenlet):
    """Runs a call, one step at each turn."""

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__()
        self._call = call
        self.result: Any = None

    def step(self) -> None:
        self.switch()

    def wait(self) -> None:
        self.parent.switch()

    def run(self) -> None:
        try:
            self.result = self._call()
        except Exception as error:
            self.result = error


class Race:
    """Runs calls on one order by a schedule: at each step, which of those that may go on does."""

    def __init__(self, calls: Sequence[Call], start: str = "new") -> None:
        self.world = World()
        begin(self.world, start)
        self.actors = [Actor(lambda call=call: call(self.world)) for call in calls]

        def wait(*_: Any) -> None:
            if isinstance(actor := getcurrent(), Actor):
                actor.wait()

        self.world.rows.before = wait
        self.world.http.before = wait

    def run(self, choose: Callable[[list[int]], int]) -> list[Any]:
        while running := [i for i, actor in enumerate(self.actors) if not actor.dead]:
            self.actors[choose(running)].step()
        return [actor.result for actor in self.actors]


def begin(world: World, start: str) -> None:
    """Bring a payment to where an earlier try broke off."""
    if start == "charged":
        world.pay()
    elif start != "new":
        plan(world, [("confirm", "crash before" if start == "opened" else "crash after")])
        with pytest.raises(Crash):
            world.pay()
        world.http.after = lambda seen: None


class Schedule:
    """Follows `prefix`, then lets each call go on; notes what else could have been chosen.

    `changes` counts the turns that were taken from a call that could have gone on.
    """

    def __init__(self, prefix: list[int], most_changes: int) -> None:
        self.prefix, self.most_changes = prefix, most_changes
        self.taken: list[int] = []
        self.others: list[list[int]] = []
        self.changes = 0

    def choose(self, running: list[int]) -> int:
        last = self.taken[-1] if self.taken and self.taken[-1] in running else None
        choice = last if last is not None else running[0]
        if len(self.taken) < len(self.prefix):
            choice = self.prefix[len(self.taken)]
        elif last is None or self.changes < self.most_changes:
            self.others += [[*self.taken, other] for other in running if other != choice]
        self.changes += last is not None and choice != last
        self.taken.append(choice)
        return choice


def races(calls: Sequence[Call], most_changes: int, start: str) -> Iterator[Race]:
    """Yield a finished race for every schedule with at most so many changes of turn."""
    prefixes: list[list[int]] = [[]]
    while prefixes:
        schedule = Schedule(prefixes.pop(), most_changes)
        race = Race(calls, start)
        race.run(schedule.choose)
        prefixes += schedule.others
        yield race
