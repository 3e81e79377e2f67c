from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.unit.tools.audit.sound_books import LONG_AGO, NOW, SOUND, order, waits_for
from tools.audit.books import Books
from tools.audit.entries import Place, Reservation, Stock
from tools.audit.invariants import check

GRACE = timedelta(minutes=10)


def since(minutes: float) -> str:
    return (NOW - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H%M%S.%fZ")


def books(
    waiting: dict[str, Reservation],
    tea: int,
    mugs: int = 0,
    status: str = "Running",
    changed: datetime = LONG_AGO,
) -> Books:
    """Return sound books but for what is free, and orders that wait."""
    places = [
        Place(sku, row.since, order_id) for order_id, row in waiting.items() for sku in row.queued
    ]
    return replace(
        SOUND,
        stock={"TEA": Stock(tea, tea + 2, changed), "MUG": Stock(mugs, mugs, LONG_AGO)},
        reservations={**SOUND.reservations, **waiting},
        lines=SOUND.lines | frozenset(places),
        orders={
            **SOUND.orders,
            **{order_id: order(status, "AwaitingProceed") for order_id in waiting},
        },
    )


def idle(found: Books, grace: timedelta = GRACE) -> list[str]:
    violations = check(found, grace=grace)
    assert {violation.invariant for violation in violations} <= {6}, violations
    return [violation.text.split()[1] for violation in violations]


def test_free_stock_that_could_serve_an_order_is_found() -> None:
    waiting = {"a": waits_for(TEA=2, MUG=1, since=since(30))}
    [violation] = check(books(waiting, tea=2, mugs=1), grace=GRACE)
    text = f"order a waits since {since(30)}, and all that it needs is free: 1 MUG, 2 TEA"
    assert violation == (6, text)


def test_an_order_gets_all_that_it_needs_or_nothing() -> None:
    assert idle(books({"a": waits_for(TEA=2, MUG=1, since=since(30))}, tea=8)) == []


def test_the_oldest_get_it_first_and_those_behind_get_the_rest() -> None:
    waiting = {
        "young": waits_for(TEA=2, since=since(10)),
        "old": waits_for(TEA=3, since=since(20)),
        "large": waits_for(TEA=5, since=since(30)),
    }
    assert idle(books(waiting, tea=4)) == ["old"]
    assert idle(books(waiting, tea=5)) == ["large"]
    assert idle(books(waiting, tea=7)) == ["large", "young"]


@pytest.mark.parametrize(("minutes", "found"), [(4, []), (6, ["a"])])
def test_an_order_that_has_just_come_is_on_its_way(minutes: float, found: list[str]) -> None:
    assert idle(books({"a": waits_for(TEA=2, since=since(minutes))}, tea=2)) == found


@pytest.mark.parametrize(("minutes", "found"), [(4, []), (6, ["a"])])
def test_stock_that_has_just_come_is_on_its_way(minutes: float, found: list[str]) -> None:
    changed = NOW - timedelta(minutes=minutes)
    waiting = {"a": waits_for(TEA=2, since=since(30))}
    assert idle(books(waiting, tea=2, changed=changed)) == found


def test_what_an_order_on_its_way_will_take_is_not_free_for_others() -> None:
    waiting = {
        "older": waits_for(TEA=2, MUG=1, since=since(30)),
        "newer": waits_for(TEA=2, since=since(20)),
    }
    found = books(waiting, tea=3, mugs=1)
    arriving = replace(found.stock["MUG"], changed=NOW)
    assert idle(replace(found, stock={**found.stock, "MUG": arriving})) == []


def test_an_app_at_rest_has_no_stock_on_its_way() -> None:
    waiting = {"a": waits_for(TEA=2, since=since(0.1))}
    assert idle(books(waiting, tea=2, changed=NOW), grace=timedelta(0)) == ["a"]


def test_a_suspended_order_takes_nothing_from_those_behind() -> None:
    waiting = {
        "first": waits_for(TEA=2, since=since(30)),
        "second": waits_for(TEA=2, since=since(20)),
    }
    found = books(waiting, tea=2)
    stopped = {**found.orders, "first": order("Suspended", "AwaitingProceed")}
    assert idle(replace(found, orders=stopped)) == ["second"]


def test_a_sku_that_is_not_in_the_catalogue_serves_nobody() -> None:
    assert idle(books({"a": waits_for(PEN=1, since=since(30))}, tea=8)) == []
