"""Messages that get five tries, five seconds apart; sent before the first test of this suite."""

import pytest

from tests.e2e.running_app import RunningApp, order_for

# host.json: maxDequeueCount and visibilityTimeout take 20 s of it; the rest is for a busy machine.
FIVE_TRIES = 200.0


@pytest.mark.parametrize("kind", ["plain text", "unknown order"])
def test_an_undeliverable_message_is_poison_after_five_tries(
    app: RunningApp, undeliverable: dict[str, str], kind: str
) -> None:
    app.wait_for_poison(undeliverable[kind], seconds=FIVE_TRIES)


def test_an_unknown_order_is_tried_five_times(
    app: RunningApp, undeliverable: dict[str, str]
) -> None:
    app.wait_for_poison(undeliverable["unknown order"], seconds=FIVE_TRIES)
    log = app.host.log
    order_id = undeliverable["unknown order"].split('"')[3]
    tries = [number for number in range(1, 9) if f"{order_id} not delivered at try {number}" in log]
    assert tries == [1, 2, 3, 4, 5]


def test_an_event_that_comes_before_its_order_reaches_it_at_a_later_try(app: RunningApp) -> None:
    body = order_for(app.stock(0))
    app.events.send(body["orderId"])
    app.wait_for_log(body["orderId"], "not delivered at try 1")
    app.place(body)
    app.wait_for_log("Proceed delivered to order", body["orderId"])
