"""The orchestration of an order, as a function of what it was told: the real PlaceOrder."""

from __future__ import annotations

import json
from functools import cache
from typing import NamedTuple

from tests.unit.orchestrators.simulated_order import SimulatedOrder

WAIT = 3600  # seconds

# What an orchestration was told, one after the other:
#   ("answer", name, result), ("gave up", name), ("event", name), ("time is up", "")
Told = tuple[tuple[str, ...], ...]


class Standing(NamedTuple):
    """How it stands: the activity that it waits for with its argument, or how it ended."""

    activity: str
    argument: str
    status: str
    stage: str
    output: str

    @property
    def runs(self) -> bool:
        return self.status == "Running"


@cache
def standing(order_id: str, payment_method: str, told: Told) -> Standing:
    """Return how an order stands that was told all this."""
    order = SimulatedOrder(
        {
            "orderId": order_id,
            "customerId": "ada",
            "items": [{"sku": "A", "quantity": 1}],
            "paymentMethod": payment_method,
            "waitSeconds": WAIT,
            "recheckSeconds": WAIT,
        },
        instance_id=order_id,
    )
    for kind, *what in told:
        if kind == "answer":
            order.answer(what[0], json.loads(what[1]))
        elif kind == "event":
            order.raise_event(what[0])
        elif kind == "gave up":
            _give_up(order, what[0])
        else:
            order.advance(seconds=2 * WAIT)
    waits_for = order.waits_for
    assert len(waits_for) <= 1, waits_for
    ended = order.status != "Running"
    return Standing(
        waits_for[0] if waits_for else "",
        json.dumps(order.input_of(waits_for[0])) if waits_for else "",
        order.status,
        order.stage,
        json.dumps(order.output) if ended else "",
    )


def _give_up(order: SimulatedOrder, name: str) -> None:
    """Fail an activity at each of its tries, as where storage is away for long."""
    while True:
        order.fail(name)
        failed_at_once = bool(order.waits_for)
        if order.status == "Running" and not order.waits_for:
            order.advance(minutes=30)
        # At once: not a retry, but the patient tries that begin.
        if failed_at_once or name not in order.waits_for:
            return
