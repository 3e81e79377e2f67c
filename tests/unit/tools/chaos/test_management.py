import random
from collections.abc import Callable

import pytest

from tools.chaos.client import Client
from tools.chaos.journal import Journal
from tools.chaos.management import Operator
from tools.chaos.placed import Placed, PlacedOrder

ORDERS = [f"s1-r000-{number:04d}" for number in range(3)]


class FakeClient(Client):
    """Answers the management API as told, and writes down what it was asked."""

    def __init__(self, answer: Callable[[str], int]) -> None:
        super().__init__(lambda: "", Journal())
        self.asked: list[str] = []
        self._answer = answer

    def manage(self, method: str, path: str) -> int:
        asked = f"{method} {path.rpartition('instances/')[2]}"
        self.asked.append(asked)
        return self._answer(asked)


@pytest.fixture
def placed() -> Placed:
    found = Placed()
    for order_id in ORDERS:
        found.begin(PlacedOrder(order_id, "in stock", {}))
    return found


def operate(placed: Placed, kind: str, answer: Callable[[str], int]) -> tuple[FakeClient, Journal]:
    client, journal = FakeClient(answer), Journal()
    Operator(client, journal, placed).do(kind, random.Random(1))
    return client, journal


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("terminate", "POST {}/terminate?reason=chaos"),
        ("suspend", "POST {}/suspend?reason=chaos"),
        ("purge", "DELETE {}"),
        ("restart", "POST {}/restart?restartWithNewInstanceId=false"),
        ("restart-copy", "POST {}/restart?restartWithNewInstanceId=true"),
    ],
)
def test_one_thing_is_done_to_one_order_and_counted(placed: Placed, kind: str, asked: str) -> None:
    client, journal = operate(placed, kind, lambda asked: 202)
    [done_to] = placed.those(kind)
    assert client.asked == [asked.format(done_to)]
    assert journal.orders_hit() == {kind: {done_to}}


def test_an_order_that_does_not_allow_it_is_left_for_another(placed: Placed) -> None:
    client, journal = operate(placed, "terminate", lambda asked: 202 if ORDERS[1] in asked else 410)
    assert placed.those("terminate") == {ORDERS[1]}
    assert journal.counts() == {"terminate": 1}


def test_an_order_that_was_terminated_may_be_restarted_but_not_the_other_way_round(
    placed: Placed,
) -> None:
    for order_id, deed in zip(ORDERS, ("restart", "purge", "terminate"), strict=True):
        placed.note(order_id, deed)
    client, _ = operate(placed, "terminate", lambda asked: 410)
    assert [asked.split("/")[0] for asked in client.asked] == [f"POST {ORDERS[2]}"]
    operate(placed, "restart", lambda asked: 202)
    assert placed.orders[ORDERS[2]].done == ["terminate", "restart"]


def test_nothing_is_counted_that_no_order_allows(placed: Placed) -> None:
    client, journal = operate(placed, "restart", lambda asked: 409)
    assert len(client.asked) == 3
    assert placed.those("restart") == set() and journal.events == []


def test_what_got_no_answer_may_have_been_done_but_is_not_counted(placed: Placed) -> None:
    client, journal = operate(placed, "terminate", lambda asked: 0)
    assert placed.those("terminate") == set(ORDERS) and journal.events == []
