"""Orders that an earlier version left in flight go on with today's code.

How the histories are made, and when to make new ones: record_histories.py.
"""

import json
from typing import Any

import pytest

from durable_sdk import IS_2
from functions_emulator.simulation import Simulation
from orchestrators.place_order import place_order
from tests.unit.orchestrators.record_histories import HISTORIES, STATES
from tests.unit.orchestrators.simulated_order import SimulatedOrder
from tests.usual_answers import CHECK, INVOICE, PAY, REFUND, RELEASE, USUAL

pytestmark = pytest.mark.skipif(IS_2, reason="the histories are of azure-functions-durable 1.x")


@pytest.fixture(params=sorted(folder.name for folder in HISTORIES.iterdir()))
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def stored(version: str, state: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((HISTORIES / version / f"{state}.json").read_text())
    return loaded


def resumed(version: str, state: str) -> SimulatedOrder:
    return SimulatedOrder.resumed(place_order, stored(version, state))


def without_inputs(actions: Any) -> Any:
    """An activity keeps its name, not its input; retries stay as they are, which `replay` omits."""
    if isinstance(actions, list):
        return [without_inputs(action) for action in actions]
    if isinstance(actions, dict):
        return {name: without_inputs(value) for name, value in actions.items() if name != "input"}
    return actions


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_a_replay_asks_for_what_the_earlier_version_asked_for(version: str, state: Any) -> None:
    before = stored(version, state.__name__)
    order = Simulation.replay(place_order, before)
    assert order.status == "Running", order.output
    assert without_inputs(order.actions) == without_inputs(before["actions"])
    assert order.custom_status == before["customStatus"]


@pytest.mark.parametrize("state", ["waiting_in_round_1", "waiting_in_round_3"])
def test_a_waiting_order_is_woken_and_invoiced(version: str, state: str) -> None:
    order = resumed(version, state)
    order.raise_event("Proceed")
    order.answer(CHECK, False)
    order.advance(hours=1)
    order.answer(CHECK, True)
    order.answer(PAY, USUAL[PAY])
    assert (order.status, order.output) == ("Completed", INVOICE)


@pytest.mark.parametrize("state", ["waiting_in_round_1", "waiting_in_round_3"])
def test_a_waiting_order_is_cancelled(version: str, state: str) -> None:
    order = resumed(version, state)
    order.raise_event("Cancel")
    order.answer(RELEASE, {"released": True})
    order.answer(REFUND, {"refunded": 0})
    assert_ended(order, "Cancelled")


def test_an_order_that_had_an_early_event_waits_after_its_second_check(version: str) -> None:
    order = resumed(version, "checking_with_an_early_event")
    order.answer(CHECK, False)
    assert (order.stage, order.waits_for) == ("AwaitingProceed", [])


def test_an_order_that_pays_is_invoiced(version: str) -> None:
    order = resumed(version, "paying")
    order.answer(PAY, USUAL[PAY])
    assert (order.status, order.output) == ("Completed", INVOICE)


def test_a_refund_that_is_being_retried_ends_the_order(version: str) -> None:
    order = resumed(version, "refund_being_retried")
    order.advance(seconds=5)
    order.answer(REFUND, {"refunded": 700})
    assert_ended(order, "Cancelled")


def test_a_release_in_its_patient_retry_ends_the_order(version: str) -> None:
    order = resumed(version, "patient_retry")
    order.answer(RELEASE, {"released": True})
    assert_ended(order, "PaymentDeclined")


def assert_ended(order: SimulatedOrder, stage: str) -> None:
    assert (order.status, order.stage) == ("Completed", stage)
    assert (order.output["orderId"], order.output["stage"]) == ("order-1", stage)
