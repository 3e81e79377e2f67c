"""Where everything stands: rows, money, orchestrations, programs under way, messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from tests.unit.model.asking import Answer, Content
from tests.unit.model.orchestrations import Told
from tests.unit.model.programs import Caches

SYSTEM = -1
Rows = tuple[tuple[tuple[str, tuple[str, str]], Content], ...]


class Order(NamedTuple):
    """What an order's orchestration was told, and what the process has cached that works on it."""

    told: Told = ()
    terminated: bool = False
    caches: Caches = Caches()


class Task(NamedTuple):
    """A program under way; `of` is the order that waits for it, SYSTEM if none does."""

    name: str
    argument: str
    of: int
    caches: Caches = Caches()
    answers: tuple[Answer, ...] = ()

    @property
    def is_activity(self) -> bool:
        return self.name not in ("sweep", "restock", "pass on")

    @property
    def is_late(self) -> bool:
        """Whether nobody waits for it: a twin, or what an order leaves that was terminated."""
        return self.is_activity and self.of == SYSTEM


class Left(NamedTuple):
    """How often what may happen at any time may happen still."""

    faults: int = 0
    cancels: int = 0
    restocks: int = 0
    sweeps: int = 0


class State(NamedTuple):
    rows: Rows
    payments: tuple[tuple[str, str, str], ...]  # order, reference, state: the provider's books
    orders: tuple[Order, ...]
    tasks: tuple[Task, ...]
    messages: tuple[tuple[str, str], ...]
    left: Left
    # 0 anything, 1 swept when all was quiet, 2 the orders' time was up, 3 swept again: the end
    phase: int = 0


def _sequence(task: Task) -> tuple[Any, ...]:
    return (task.of, task.name, task.argument, len(task.answers), hash(task))


def in_sequence(tasks: Iterable[Task]) -> tuple[Task, ...]:
    return tuple(sorted(tasks, key=_sequence))


def with_task(state: State, task: Task) -> State:
    return state._replace(tasks=in_sequence((*state.tasks, task)))


def with_order(state: State, of: int, order: Order) -> State:
    orders = list(state.orders)
    orders[of] = order
    return state._replace(orders=tuple(orders))
