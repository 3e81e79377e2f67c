"""Twins: payments and refunds of one order at once."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.ordering.payments.races import Race, races
from tests.unit.ordering.payments.worlds import World

PAY, REFUND = World.pay, World.refund
# Where an earlier try of the payment broke off.
STARTS = ("new", "opened", "taken", "charged")


@pytest.fixture(autouse=True, scope="module")
def no_pauses() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.sleep", lambda seconds: None)
        yield


def check(race: Race) -> None:
    for actor in race.actors:
        assert not isinstance(actor.result, Exception), actor.result
    paid = [actor.result for actor in race.actors if isinstance(actor.result, dict)]
    refunded = [actor.result for actor in race.actors if isinstance(actor.result, int)]
    charged = [outcome for outcome in paid if outcome["status"] == "charged"]
    race.world.check()
    if not refunded:
        assert len(charged) == len(paid), "a payment was declined for no reason"
        assert race.world.account.kept == 500
        return
    assert len(set(refunded)) == 1, "refunds answered differently"
    assert race.world.account.kept == 0
    assert race.world.account.returned == refunded[0]
    if charged:
        assert refunded[0] == 500
    assert race.world.pay()["code"] == "order_closed"
    assert race.world.refund() == refunded[0]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(
    ("calls", "changes"),
    [
        pytest.param([PAY, PAY], 3, id="pay pay"),
        pytest.param([PAY, REFUND], 3, id="pay refund"),
        pytest.param([REFUND, REFUND], 3, id="refund refund"),
        pytest.param([PAY, PAY, REFUND], 1, id="pay pay refund"),
        pytest.param([PAY, REFUND, REFUND], 1, id="pay refund refund"),
    ],
)
def test_twins_neither_charge_twice_nor_keep_money(
    calls: list[Any], changes: int, start: str
) -> None:
    count = 0
    for race in races(calls, changes, start):
        check(race)
        count += 1
    assert count > 1, "there was nothing to choose"


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from([PAY, REFUND]), min_size=3, max_size=5),
    st.sampled_from(STARTS),
    st.randoms(),
)
def test_any_number_of_twins_in_any_order(calls: list[Any], start: str, random: Any) -> None:
    race = Race(calls, start)
    race.run(random.choice)
    check(race)
