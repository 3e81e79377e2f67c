"""The whole app, on the emulator: python -m pytest."""

ORDER = {"items": ["tea", "cup"]}


def test_an_unpaid_order_expires(functions):
    id = functions.post("/api/orders", json=ORDER).json()["id"]
    functions.skip(days=7)
    assert functions.instance(id).wait().output["stage"] == "Expired"


def test_a_paid_order_is_shipped(functions):
    id = functions.post("/api/orders", json=ORDER).json()["id"]
    order = functions.instance(id).wait_for(custom_status={"stage": "AwaitingPayment"})
    functions.queue("payments").put({"orderId": id, "amount": 700})
    assert order.wait().output == {"stage": "Shipped", "tracking": "1Z-42"}
    [message] = functions.queue("shipped").wait()
    assert message.json() == {"items": ["tea", "cup"]}


def test_what_the_warehouse_lacks_is_not_shipped(functions):
    reserve = functions.fake("Reserve", False)
    order = functions.start("Order", ORDER)
    assert order.wait().output == {"stage": "OutOfStock"}
    assert reserve.calls == [["tea", "cup"]]
    assert functions.queue("shipped").messages() == []


def test_a_carrier_that_is_away_fails_the_order(functions):
    functions.fake("Ship", ConnectionError("the carrier is away"))
    order = functions.start("Order", ORDER)
    order.raise_event("Paid")
    assert order.wait().status == "Failed"
    assert "the carrier is away" in order.output


def test_a_payment_of_nobody_ends_in_the_poison_queue(functions):
    payments = functions.queue("payments").put({"orderId": "nobody"})
    payments.wait_until_empty()
    assert payments.poison()[0].json() == {"orderId": "nobody"}
