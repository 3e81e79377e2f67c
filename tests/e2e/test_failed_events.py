"""Messages that failed, as a person finds them and sends them again."""

from base64 import b64encode

from tests.e2e.running_app import PATIENCE, RunningApp, order_for, unique
from tools.event_queue import notification
from tools.processes import wait_until


def test_a_message_for_an_order_that_came_too_late_is_found_and_sent_again(
    app: RunningApp,
) -> None:
    body = order_for(app.stock(0), orderId=unique("late"))
    bad = unique("no json")
    app.events.send_body(bad.encode())
    app.wait_for_poison(bad)
    # As the host leaves it there after five tries.
    text = notification(body["orderId"], "Cancel", None)
    app.events.send_raw_poison(b64encode(text.encode()).decode())

    def failed() -> dict[str, dict[str, str]]:
        messages = app.call("GET", "/api/events/failed").json()["messages"]
        return {message["text"]: message for message in messages}

    told = {each["orderId"]: each for each in failed().values()}[body["orderId"]]
    assert told["problem"] == "unknownOrder"
    app.place(body)
    app.wait_for(body["orderId"], "AwaitingProceed")
    assert failed()[told["text"]]["problem"] == "deliverable"

    def resent() -> bool:
        path = f"/api/events/failed/{told['messageId']}/resend"
        return app.call("POST", path).status == 202

    assert wait_until(resent, PATIENCE, 0.2)
    assert app.wait_for_end(body["orderId"])["stage"] == "Cancelled"

    path = f"/api/events/failed/{failed()[bad]['messageId']}"
    assert app.call("POST", f"{path}/resend").status == 409
    assert app.call("DELETE", path).status == 204
    assert bad not in failed()
