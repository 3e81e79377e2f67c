"""Writes histories of orders in flight, for test_stored_histories to replay with later code.

    python -m tests.unit.orchestrators.record_histories VERSION

Run it **before** PlaceOrder is changed, with the `defaultVersion` of host.json, and keep what it
wrote as long as an order of that version may be in flight. `unversioned` are the orders that were
placed before host.json had a `defaultVersion`.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from tests.unit.orchestrators.simulated_order import SimulatedOrder
from tests.usual_answers import CHECK, PAY, REFUND, RELEASE

HISTORIES = Path(__file__).with_name("histories")
UNVERSIONED = "unversioned"
ORDER = {
    "orderId": "order-1",
    "customerId": "c-1",
    "items": [{"sku": "TEA", "quantity": 2}],
    "paymentMethod": "pm_card_visa",
    "waitSeconds": 604800,
    "recheckSeconds": 3600,
}


def placed(version: str | None) -> SimulatedOrder:
    return SimulatedOrder(ORDER, version=version)


def waiting_in_round_1(version: str | None) -> SimulatedOrder:
    """The first check found too little stock."""
    order = placed(version)
    order.answer(CHECK, False)
    return order


def waiting_in_round_3(version: str | None) -> SimulatedOrder:
    """A Proceed in vain ended the first round, a timer the second."""
    order = waiting_in_round_1(version)
    order.advance(minutes=20)
    order.raise_event("Proceed", '{"by": "shop"}')
    order.answer(CHECK, False)
    order.advance(hours=1)
    order.answer(CHECK, False)
    return order


def checking_with_an_early_event(version: str | None) -> SimulatedOrder:
    """A Proceed came before anybody waited; the second check is under way."""
    order = placed(version)
    order.raise_event("Proceed")
    order.answer(CHECK, False)
    return order


def paying(version: str | None) -> SimulatedOrder:
    """The stock came in round 2, and the payment is under way."""
    order = waiting_in_round_1(version)
    order.raise_event("Proceed")
    order.answer(CHECK, True)
    return order


def refund_being_retried(version: str | None) -> SimulatedOrder:
    """Cancelled; the stock is released, and the refund has failed once."""
    order = waiting_in_round_3(version)
    order.raise_event("Cancel")
    order.answer(RELEASE, {"released": True})
    order.fail(REFUND, "storage is away")
    return order


def patient_retry(version: str | None) -> SimulatedOrder:
    """Declined; the refund is done; the release failed ten times and is tried for a day."""
    order = placed(version)
    order.answer(CHECK, True)
    declined = {"status": "declined", "code": "card_declined", "message": "Your card was declined."}
    order.answer(PAY, declined)
    for _ in range(10):
        order.fail(RELEASE, "storage is away")
        order.advance(seconds=5)
    order.answer(REFUND, {"refunded": 0})
    order.fail(RELEASE, "storage is away")
    order.advance(minutes=30)
    return order


STATES: tuple[Callable[[str | None], SimulatedOrder], ...] = (
    waiting_in_round_1,
    waiting_in_round_3,
    checking_with_an_early_event,
    paying,
    refund_being_retried,
    patient_retry,
)


def main(version: str) -> None:
    folder = HISTORIES / version
    folder.mkdir(parents=True, exist_ok=True)
    for state in STATES:
        order = state(None if version == UNVERSIONED else version)
        text = json.dumps({"about": state.__doc__, **order.store()}, indent=1)
        (folder / f"{state.__name__}.json").write_text(text + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
