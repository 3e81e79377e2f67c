import json
from typing import Any

import pytest

from durable_sdk import IS_2

ORDER: dict[str, Any] = {
    "orderId": "o-1",
    "customerId": "ada",
    "items": [{"sku": "TEA", "quantity": 2}],
    "paymentMethod": "pm_card_visa",
}
THEN = "2026-11-22T12:00:00.1234567Z"

pytestmark = [
    pytest.mark.usefixtures("tea"),
    pytest.mark.skipif(IS_2, reason="the fake client answers as client 1.x"),
]


def test_the_steps_of_an_order_are_a_list(api: Any) -> None:
    api.post("orders", ORDER)
    assert api.get("orders/o-1/history").body == []
    api.client.history["o-1"] = [
        {"EventType": "ExecutionStarted", "Timestamp": THEN},
        {"EventType": "TaskScheduled", "Timestamp": THEN, "Name": "ProcessPayment"},
    ]
    answer = api.get("orders/o-1/history")
    assert answer.status == 200
    assert [step["type"] for step in answer.body] == ["placed", "payment"]


def test_the_answer_is_bounded_whatever_the_history_holds(api: Any) -> None:
    api.post("orders", ORDER)
    api.client.history["o-1"] = [
        {
            "EventType": "TaskFailed",
            "Timestamp": THEN,
            "ScheduledTime": THEN,
            "FunctionName": "\U0001f600" * 10_000,
            "Reason": "\U0001f600" * 10_000,
        },
        {"EventType": "EventRaised", "Timestamp": THEN, "Name": "x" * 10_000},
    ] * 2_000
    answer = api.get("orders/o-1/history")
    assert len(json.dumps(answer.body)) < 64 * 1024
    assert answer.body[0]["type"] == "cut" and answer.body[0]["left"] > 3_600


@pytest.mark.parametrize("order_id", ["unknown", "", "x/terminate", "a" * 101])
def test_an_unknown_order_is_not_found(api: Any, order_id: str) -> None:
    assert api.get(f"orders/{order_id}/history").status == 404


def test_a_host_in_trouble_is_503(api: Any) -> None:
    api.client.crash_at_start = True
    assert api.get("orders/o-1/history").status == 503
