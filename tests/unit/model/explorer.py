"""Goes to every state that can be reached, once, and asserts what must hold there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.unit.model.invariants import ends, idle_stock, wrong_at_the_end, wrong_now
from tests.unit.model.states import State
from tests.unit.model.world import World


class Violated(AssertionError):
    """An invariant does not hold; the text says which, and how it came to that."""


@dataclass
class Explored:
    """What was seen: states, the steps between them, and how paths ended."""

    states: int = 0
    steps: int = 0
    ends: Counter[str] = field(default_factory=Counter)


def explore(world: World, start: State, most: int = 10_000_000) -> Explored:
    """Explore from a state on, those with more faults left first.

    From a state with fewer left nothing follows that does not follow from the same with more, so
    each is gone on from once only.
    """
    explored = Explored()
    came: dict[State, tuple[State, str] | None] = {start: None}
    known = {_without_faults(start)}
    open_by_faults: list[list[State]] = [[] for _ in range(start.left.faults)] + [[start]]
    while open_by_faults:
        if not open_by_faults[-1]:
            open_by_faults.pop()
            continue
        state = open_by_faults[-1].pop()
        same = _without_faults(state)
        if state is not start and same in known:
            continue
        known.add(same)
        explored.states += 1
        trouble = wrong_now(world, state)
        if world.is_quiet(state):
            if state.phase == 1:
                trouble = trouble or idle_stock(world, state)
            if state.phase == 3:
                trouble = trouble or wrong_at_the_end(world, state)
                explored.ends[ends(world, state)] += 1
        if trouble:
            raise Violated(f"{trouble}\n{_story(came, state)}")
        stuck = not state.phase == 3 or not world.is_quiet(state)
        for what, following in world.steps(state):
            stuck = False
            explored.steps += 1
            if following not in came and _without_faults(following) not in known:
                came[following] = (state, what)
                open_by_faults[following.left.faults].append(following)
        assert not stuck, _story(came, state)
        assert explored.states < most, explored
    return explored


def _without_faults(state: State) -> State:
    return state._replace(left=state.left._replace(faults=0))


def _story(came: dict[State, tuple[State, str] | None], state: State) -> str:
    lines = []
    while (before := came[state]) is not None:
        state, what = before
        lines.append(what)
    return "\n".join(reversed(lines))
