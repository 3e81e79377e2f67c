"""Turns at the same SKUs within this process; those who wait meanwhile go together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Generic, TypeVar

Item = TypeVar("Item")

# A transaction takes 100 operations, and an order needs three of them at least.
MOST_TOGETHER = 33


@dataclass(eq=False)
class _Place(Generic[Item]):
    """Somebody who wants some SKUs; `group` is set for the one who works for all of it."""

    skus: frozenset[str]
    item: Item | None
    called: Event = field(default_factory=Event)
    group: list[_Place[Item]] = field(default_factory=list)
    error: BaseException | None = None


class Turns(Generic[Item]):
    """Lets one group of callers at a time work on a SKU; others may work on other SKUs.

    Correctness does not rest on it: rows are guarded by their ETags, against other processes as
    well. But of n threads that change one row at once n - 1 are refused and must ask again. So
    whoever comes while a SKU is being worked on waits, and all who wait for it are then served in
    one go by one of them: a SKU that everybody wants costs one transaction for each group, not for
    each order.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._busy: set[str] = set()
        self._waiting: list[_Place[Item]] = []

    def together(
        self, item: Item, skus: Iterable[str], work: Callable[[Sequence[Item]], None]
    ) -> None:
        """Have `work` called for a group that holds this item, by this thread or another.

        What it raises is raised for every one of the group.
        """
        place = _Place(frozenset(skus), item)
        with self._turn(place):
            if place.group:
                work([other.item for other in place.group if other.item is not None])
        if place.error is not None:
            raise place.error

    @contextmanager
    def at(self, skus: Iterable[str]) -> Iterator[None]:
        """Wait for all of these SKUs, and keep them alone while the block runs."""
        with self._turn(_Place(frozenset(skus), None)):
            yield

    @contextmanager
    def _turn(self, place: _Place[Item]) -> Iterator[None]:
        with self._lock:
            self._waiting.append(place)
            self._call_next()
        place.called.wait()
        try:
            yield
        except BaseException as error:
            for other in place.group:
                other.error = error
            if place.item is None:
                raise
        finally:
            if place.group:
                self._end(place.group)

    def _end(self, group: list[_Place[Item]]) -> None:
        with self._lock:
            for member in group:
                self._busy -= member.skus
            self._call_next()
        for member in group[1:]:
            member.called.set()

    def _call_next(self) -> None:
        """Form the groups that can work now, first come first served at every SKU."""
        taken = set(self._busy)
        groups: list[list[_Place[Item]]] = []
        still: list[_Place[Item]] = []
        for place in self._waiting:
            if not place.skus & taken:
                groups.append([place])
            elif group := _joinable(place, groups, self._busy, still):
                group.append(place)
            else:
                still.append(place)
            taken |= place.skus
        self._waiting = still
        for group in groups:
            group[0].group = group
            for member in group:
                self._busy |= member.skus
            group[0].called.set()


def _joinable(
    place: _Place[Item],
    groups: list[list[_Place[Item]]],
    busy: set[str],
    still: list[_Place[Item]],
) -> list[_Place[Item]] | None:
    """Return the one group that stands in this place's way, if nothing else does."""
    if place.item is None or place.skus & busy or any(place.skus & other.skus for other in still):
        return None
    in_the_way = [group for group in groups if any(place.skus & member.skus for member in group)]
    if len(in_the_way) != 1:
        return None
    group = in_the_way[0]
    return group if group[0].item is not None and len(group) < MOST_TOGETHER else None
