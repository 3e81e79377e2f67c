"""Every sequence of at most three faults and crashes, at every call to Stripe."""

import itertools
from collections.abc import Iterator
from contextlib import suppress

import pytest

from ordering.errors import GatewayUnavailable
from ordering.retrying import Pace
from tests.unit.ordering.payments.worlds import (
    IMPATIENT,
    KINDS,
    PATIENT,
    Crash,
    World,
    plan,
)

Faults = tuple[tuple[str, str], ...]

PAYING = ("create", "look", "confirm")
REFUNDING = ("look", "list", "refund")
EVERY = ("create", "look", "confirm", "cancel", "list", "refund")

# With IMPATIENT each fault ends the call, so that the next one starts anew.
HOW = pytest.mark.parametrize(
    ("pace", "most"), [(IMPATIENT, 3), (PATIENT, 2)], ids=["call by call", "within a call"]
)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)


def sequences(operations: tuple[str, ...], most: int) -> Iterator[Faults]:
    """Yield the sequences of faults; only the order within an operation matters."""
    each = tuple(itertools.product(operations, KINDS))
    for length in range(most + 1):
        for faults in itertools.product(each, repeat=length):
            names = [operation for operation, _ in faults]
            if names == sorted(names):
                yield faults


@HOW
def test_an_order_is_charged_once_whatever_goes_wrong(pace: Pace, most: int) -> None:
    for faults in sequences(PAYING, most):
        world = World(pace)
        plan(world, faults)
        outcomes = [world.insist(world.pay) for _ in range(2)]
        assert outcomes[0]["status"] == "charged", faults
        assert outcomes[0] == outcomes[1], faults
        assert world.account.kept == 500, faults
        world.check()


@HOW
def test_a_charge_is_refunded_once_whatever_goes_wrong(pace: Pace, most: int) -> None:
    for faults in sequences(REFUNDING, most):
        world = World(pace)
        world.pay()
        plan(world, faults)
        assert [world.insist(world.refund) for _ in range(2)] == [500, 500], faults
        assert world.insist(world.pay)["code"] == "order_closed", faults
        assert world.account.kept == 0, faults
        world.check()


@pytest.mark.parametrize("method", ["pm_card_visa", "pm_card_chargeDeclined"])
def test_an_order_whose_payment_broke_off_keeps_no_money(method: str) -> None:
    for faults in sequences(EVERY, 2):
        world = World(IMPATIENT, method)
        plan(world, faults)
        with suppress(Crash, GatewayUnavailable):
            world.pay()
        first = world.insist(world.refund)
        assert world.insist(world.refund) == first, faults
        assert world.insist(world.pay)["code"] == "order_closed", faults
        assert first == world.account.returned, faults
        world.check()


@pytest.mark.parametrize("ends_at", range(1, 12))
def test_a_process_that_ends_at_any_request_to_storage_loses_nothing(ends_at: int) -> None:
    for then_refund in (False, True):
        world = World()
        left = ends_at

        def end() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise Crash

        world.rows.before = end
        world.insist(world.pay)
        if then_refund:
            world.insist(world.refund)
            assert world.account.kept == 0
        world.check()


@pytest.mark.parametrize("deaf", [1, 2, 3, 4])
def test_a_write_that_meets_its_own_work_is_not_taken_for_a_twin_s(deaf: int) -> None:
    world = World()
    world.rows.deaf = deaf
    outcomes = [world.insist(world.pay) for _ in range(2)]
    assert outcomes[0]["status"] == "charged"
    assert (outcomes[1], world.account.statuses()) == (outcomes[0], ["succeeded"])
    assert [world.insist(world.refund) for _ in range(2)] == [500, 500]
    world.check()


def test_two_requests_with_different_amounts_are_not_both_charged() -> None:
    world = World()
    plan(world, [("confirm", "crash before")])
    with pytest.raises(Crash):
        world.pay()
    world.total = 900
    invoice = world.pay()["invoice"]
    assert (invoice["total"], world.account.kept) == (500, 500)
    assert sum(line["amount"] for line in invoice["lines"]) == 500
    world.check()
