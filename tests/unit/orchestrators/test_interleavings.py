"""A waiting order under events, answers and timers in any order and any batches."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from durable_sdk import is_done
from orchestrators import event_waits
from tests.unit.orchestrators.simulated_order import SimulatedOrder
from tests.unit.orchestrators.test_place_order import finish, waiting
from tests.usual_answers import CHECK, INVOICE, PAY, USUAL

DAY = 24 * 3600
UNTIL = "2026-11-29T12:00:00Z"

# What comes in one turn: events, and the answer of the check under way if there is one.
BATCHES = st.lists(
    st.sampled_from(["Proceed", "Cancel", "short", "enough"]), min_size=1, max_size=4
)
# Or a day passes, in which no check is under way for long.
SCRIPTS = st.lists(st.one_of(BATCHES, BATCHES, st.just(["a day"])), max_size=8)


class Play:
    """Gives a waiting order what a script says, and keeps in mind what must come of it."""

    def __init__(self) -> None:
        self.order: SimulatedOrder = waiting()
        self.attempt = 1
        self.cancelled = False
        self.reserved = False
        self.checked_since_proceed = True

    @property
    def waits_for_stock(self) -> bool:
        return not (self.cancelled or self.reserved)

    def turn(self, batch: list[str]) -> None:
        if batch == ["a day"]:
            self.answer_checks()
        before = self.checks_under_way
        if batch == ["a day"]:
            self.order.advance(seconds=DAY)
        else:
            self.order.turn(*[event for name in batch for event in self.events(name)])
        if self.checks_under_way - before:
            self.checked_since_proceed = True
        self.look()

    @property
    def checks_under_way(self) -> set[int]:
        return {each.id for each in self.order.pending if each.name == CHECK}

    def events(self, name: str) -> list[Any]:
        if name in ("Proceed", "Cancel"):
            if name == "Cancel" and not self.reserved:
                self.cancelled = True
            if name == "Proceed":
                self.checked_since_proceed = False
            return [self.order.raised(name)]
        if CHECK not in self.order.waits_for:
            return []
        if name == "enough" and not self.cancelled:
            self.reserved = True
        return [self.order.completed(CHECK, name == "enough")]

    def answer_checks(self) -> None:
        while CHECK in self.order.waits_for and self.waits_for_stock:
            self.turn(["short"])

    def look(self) -> None:
        status = self.order.custom_status
        assert status.get("until", UNTIL) == UNTIL
        assert status.get("attempt", self.attempt) >= self.attempt
        self.attempt = status.get("attempt", self.attempt)


# The wait of a round that a timer won takes the second event, rounds later.
@example([["a day"], ["short"], ["Proceed"], ["Proceed"], ["short"]])
@settings(max_examples=50)
@given(SCRIPTS)
def test_cancel_and_stock_decide_whatever_else_comes(script: list[list[str]]) -> None:
    play = Play()
    order = play.order
    for batch in script:
        if not play.waits_for_stock or order.stage == "Expired":
            break
        play.turn(batch)
    play.answer_checks()
    if play.cancelled:
        assert order.stage in ("CheckingInventory", "Cancelled")
        if order.stage == "CheckingInventory":  # it looks at its events when the check is over
            order.answer(CHECK, True)
        assert order.stage == "Cancelled"
    elif play.reserved:
        order.answer(PAY, USUAL[PAY])
        assert order.output == INVOICE
    elif order.stage != "Expired":
        assert order.stage == "AwaitingProceed" and play.checked_since_proceed
        order.raise_event("Proceed")
        finish(order)
        assert order.output == INVOICE


def test_a_round_costs_a_replay_no_more_looks_the_more_rounds_there_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = 0

    def counted(task: Any) -> bool:
        nonlocal looks
        looks += 1
        return is_done(task)

    monkeypatch.setattr(event_waits, "is_done", counted)
    order = waiting()
    per_round: list[float] = []
    for rounds in range(1, 31):
        order.raise_event("Proceed")
        looks = 0
        order.answer(CHECK, False)
        per_round.append(looks / rounds)
    assert per_round[29] <= per_round[9]
