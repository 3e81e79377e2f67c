"""Locks: who is served while somebody holds one."""

from datetime import datetime, timezone

import pytest

from functions_emulator.durable.entities.ids import EntityId
from functions_emulator.durable.entities.messages import RELEASE, Request, request_event
from functions_emulator.durable.entities.queueing import determine
from functions_emulator.durable.entities.state import EntityState
from functions_emulator.durable.events import Event, event_raised

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
A, B = EntityId.of("account", "a"), EntityId.of("account", "b")


def operation(name: str, parent: str) -> Event:
    return request_event(NOW, Request(name, "1", parent=parent))


def lock(parent: str, position: int = 0) -> Event:
    return request_event(NOW, Request("", "L", parent=parent, lock_set=(A, B), position=position))


def release(parent: str) -> Event:
    return event_raised(NOW, RELEASE, Request("", "L", parent=parent).to_text())


def names(requests: object) -> list[str]:
    return [each.operation for each in requests]  # type: ignore[attr-defined]


def test_what_came_before_a_lock_is_done_and_what_came_after_it_waits() -> None:
    mail = [operation("first", "x"), lock("holder", 1), operation("later", "y")]
    work = determine(EntityState(), mail)
    assert names(work.operations) == ["first"]
    assert [each.parent for each in work.granted] == ["holder"]
    assert work.state.locked_by == "holder"
    assert names(work.state.queue) == ["later"]


def test_the_lock_of_several_entities_goes_from_one_to_the_next() -> None:
    work = determine(EntityState(), [lock("holder")])
    assert work.granted == []
    [(target, request)] = work.passed_on
    assert (target, request.position) == (B, 1)


def test_the_holder_is_served_while_others_wait() -> None:
    state = determine(EntityState(), [lock("holder", 1), operation("later", "y")]).state
    work = determine(state, [operation("mine", "holder"), operation("latest", "z")])
    assert names(work.operations) == ["mine"]
    assert names(work.state.queue) == ["later", "latest"]


def test_a_release_lets_in_what_waits_in_its_order() -> None:
    waiting = [operation("one", "y"), operation("two", "z"), lock("next", 1)]
    state = determine(EntityState(), [lock("holder", 1), *waiting]).state
    work = determine(state, [release("holder")])
    assert names(work.operations) == ["one", "two"]
    assert work.state.locked_by == "next"


def test_nobody_else_can_release_a_lock() -> None:
    state = determine(EntityState(), [lock("holder", 1)]).state
    assert determine(state, [release("somebody")]).state.locked_by == "holder"


@pytest.mark.parametrize("exists", [True, False])
def test_lock_and_queue_survive_in_the_state_file(exists: bool) -> None:
    mail = [lock("holder", 1), operation("later", "y"), lock("next")]
    state = determine(EntityState(exists, '"x"' if exists else None), mail).state
    assert EntityState.of(state.to_status(A, NOW)) == state
