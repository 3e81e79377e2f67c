"""Keys stay where they belong: what people read holds none."""

import json
import re

import pytest

from tests.e2e.running_app import RunningApp, order_for
from tools.azurite import DEVELOPMENT_KEY

SECRET = re.compile(
    r"AccountKey|SharedAccessSignature|SharedKey |[?&]sig=|[?&]code=|" + re.escape(DEVELOPMENT_KEY)
)


@pytest.fixture(scope="module")
def texts(app: RunningApp) -> dict[str, str]:
    """All that an app shows of orders that end each way, and of requests that fail."""
    declined = order_for(app.stock(1), paymentMethod="pm_card_visa_chargeDeclined")
    app.place(declined)
    paid = order_for(app.stock(1), paymentMethod="pm_card_secret_reference")
    links = app.place(paid)
    cancelled, _, _ = app.pause_order()
    app.events.send(cancelled, "Cancel")
    app.events.send_body(b"not json")
    app.call("POST", "/api/orders", b"not json")
    app.call("GET", "/api/inventory/none")
    found = {order_id: json.dumps(app.wait_for_end(order_id)) for order_id in (cancelled,)}
    for body in (declined, paid):
        found[body["orderId"]] = json.dumps(app.wait_for_end(body["orderId"]))
    status = app.call("GET", links["statusQueryGetUri"] + "&showInput=false").json()
    found["custom status"] = json.dumps(status["customStatus"])
    found["invoice"] = json.dumps(status["output"])
    found["log"] = app.host.log
    return found


@pytest.mark.parametrize("what", ["log", "custom status", "invoice"])
def test_no_key_is_shown(texts: dict[str, str], what: str) -> None:
    assert texts[what]
    assert not SECRET.search(texts[what])


def test_no_key_is_shown_of_any_order(texts: dict[str, str]) -> None:
    assert not [text for text in texts.values() if SECRET.search(text)]


def test_a_payment_method_is_shown_to_nobody_who_asks_how_an_order_stands(
    texts: dict[str, str],
) -> None:
    assert not [name for name, text in texts.items() if "pm_card_secret_reference" in text]
