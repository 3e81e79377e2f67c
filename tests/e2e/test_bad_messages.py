"""Messages that can never be delivered end in the poison queue and harm nobody."""

import json

import pytest

from tests.e2e.running_app import RunningApp, unique


@pytest.mark.parametrize(
    "body",
    [
        "not json",
        "",
        "[]",
        "null",
        "5",
        "{}",
        '{"instanceID": "ORDER"}',
        '{"instanceID": 5, "EventName": "Proceed"}',
        '{"instanceID": "ORDER", "EventName": "Explode"}',
        '{"instanceID": "ORDER", "EventName": "Proceed?taskHub=Other"}',
        '{"instanceID": "ORDER/terminate?reason=pwn#", "EventName": "Proceed"}',
        '{"instanceID": "../instances/ORDER/suspend?reason=x#", "EventName": "Proceed"}',
    ],
)
def test_a_bad_message_is_kept_as_poison_and_harms_no_order(app: RunningApp, body: str) -> None:
    order_id, sku, links = app.pause_order()
    body = body.replace("ORDER", order_id)
    message_id = app.events.send_body(body.encode())

    # At its first try: the function itself moves it, and the host never sees it fail.
    app.wait_for_log(f"Message {message_id} moved to event-queue-poison")
    app.wait_for_poison(body)

    status = app.call("GET", links["statusQueryGetUri"]).json()
    assert status["runtimeStatus"] == "Running"
    assert status["customStatus"]["attempt"] == 1
    app.set_stock(sku, 1)
    app.events.send(order_id)
    assert app.wait_for_end(order_id)["stage"] == "Invoiced"


def test_the_reason_is_logged(app: RunningApp) -> None:
    name = unique("Explode")
    app.events.send_body(json.dumps({"instanceID": "x", "EventName": name}).encode())
    app.wait_for_log(name, "EventName")
