"""Where the orders stand that have not ended in order, and which ended ones are read."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from clients import order_places
from clients.list_query import Place
from clients.order_places import Standing, read_ended
from durable_sdk import InstanceStatus
from ordering.clock import utc_now
from ordering.model import is_order_id
from ordering.stock.ended import LISTED, listing, position
from ordering.storage.transactions import Upsert
from tests.in_memory_shop import InMemoryShop

BEGAN = datetime(2027, 1, 1, tzinfo=timezone.utc)
CHECKED = BEGAN + timedelta(minutes=1)


def status(order_id: str, began: datetime | None = BEGAN) -> InstanceStatus:
    return InstanceStatus(order_id, "PlaceOrder", "Running", None, None, began, began)


def standing(live: str = "", broken: str = "", opened: str = "", are_all: bool = True) -> Standing:
    """Return how orders stand, each list of ids in one text."""
    return Standing(
        {order_id: status(order_id) for order_id in live.split()},
        are_all,
        {order_id: status(order_id) for order_id in broken.split()},
        True,
        {order_id: CHECKED for order_id in opened.split()},
    )


def alone(live: InstanceStatus) -> Standing:
    """Return how one order stands that is under way and was never checked."""
    return Standing({live.instance_id: live}, True, {}, True, {})


UNCHECKED = {"new": Place(False, position(BEGAN, "new"))}
BROKEN = {"lost": Place(True, position(BEGAN, "lost"))}


def open_at(*order_ids: str) -> dict[str, Place]:
    return {order_id: Place(True, position(CHECKED, order_id)) for order_id in order_ids}


@pytest.mark.parametrize("are_all", [True, False])
@pytest.mark.parametrize(
    ("stage", "wanted"),
    [
        (None, {**UNCHECKED, **BROKEN, **open_at("live", "done")}),
        # Who is under way has no invoice; who is not, but is open, may have one.
        ("Invoiced", open_at("done")),
        ("Failed", {**UNCHECKED, **BROKEN, **open_at("live")}),
        ("AwaitingProceed", {**UNCHECKED, **open_at("live")}),
        ("Cancelled", {**UNCHECKED, **open_at("live")}),
    ],
)
def test_orders_stand_where_they_may_be_in_a_stage(
    stage: str | None, wanted: dict[str, Place], are_all: bool
) -> None:
    found = standing("new live", "lost", "live done lost", are_all)
    if not are_all and stage is not None:
        # Of more orders than were read, an open one may be under way all the same.
        wanted = wanted | open_at("done")
    assert {order_id: place for place, order_id in found.places(stage).items()} == wanted


@pytest.mark.parametrize("order_id", ["an id with spaces", "x" * 101, "@entity@key", "\u00e9"])
def test_an_order_with_a_strange_id_has_a_place_that_a_token_takes(order_id: str) -> None:
    [(place, told)] = alone(status(order_id)).places(None).items()
    assert told == order_id
    assert is_order_id(place.position.order_id) and place.position.order_id != order_id
    assert place not in alone(status(f"{order_id} ")).places(None)


def test_an_order_of_which_the_host_does_not_say_when_it_began_stands_first() -> None:
    [place] = alone(status("o", None)).places(None)
    assert abs(place.position.left - position(utc_now(), "o").left) < 60


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> InMemoryShop:
    world = InMemoryShop()
    opened = world.open()
    monkeypatch.setattr(order_places, "shop", lambda: opened)
    for number, stage in enumerate(("Invoiced", "Cancelled", "Invoiced")):
        rows = listing(stage, BEGAN + timedelta(seconds=number), f"o-{number}")[1]
        world.warehouse.transact([Upsert(each) for each in rows])
    return world


def ended(stage: str | None, most: int = 10, after: Place | None = None) -> list[str]:
    found: dict[Place, Any] = asyncio.run(read_ended(stage, most, after))
    assert all(place.is_checked for place in found)
    return [found[place] for place in sorted(found)]


def test_the_ended_orders_of_a_stage_are_read_newest_first(world: InMemoryShop) -> None:
    assert ended(None) == ["o-2", "o-1", "o-0"]
    assert ended(None, most=2) == ["o-2", "o-1"]
    assert ended("Invoiced") == ["o-2", "o-0"]
    assert ended("Cancelled") == ["o-1"]
    assert ended("Expired") == []


def test_those_behind_a_place_are_read_and_all_behind_one_that_was_not_checked(
    world: InMemoryShop,
) -> None:
    second = position(BEGAN + timedelta(seconds=1), "o-1")
    assert ended(None, after=Place(True, second)) == ["o-0"]
    assert ended(None, after=Place(False, second)) == ["o-2", "o-1", "o-0"]


@pytest.mark.parametrize("stage", ["AwaitingProceed", "Pending", "Failed", *LISTED, None])
def test_the_storage_is_asked_only_for_stages_in_which_an_order_can_end(
    world: InMemoryShop, stage: str | None
) -> None:
    asked = world.requests(lambda: ended(stage))
    assert asked == (["query"] if stage in (*LISTED, None) else [])
