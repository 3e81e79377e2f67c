"""Orders over HTTP, from the request to the invoice."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.e2e.running_app import RunningApp, order_for, unique


def test_an_order_in_stock_is_invoiced(app: RunningApp) -> None:
    machine, beans = app.stock(2, unit_price=39900), app.stock(20, unit_price=1890)
    body = order_for(machine)
    body["items"] = [{"sku": machine, "quantity": 2}, {"sku": beans, "quantity": 3}]
    app.place(body)

    ended = app.wait_for_end(body["orderId"])

    assert (ended["stage"], ended["runtimeStatus"]) == ("Invoiced", "Completed")
    assert ended["error"] is None
    invoice = ended["invoice"]
    assert (invoice["orderId"], invoice["customerId"]) == (body["orderId"], "ada")
    assert (invoice["currency"], invoice["total"]) == ("EUR", 2 * 39900 + 3 * 1890)
    assert [
        (line["sku"], line["quantity"], line["unitPrice"], line["amount"])
        for line in invoice["lines"]
    ] == [(machine, 2, 39900, 79800), (beans, 3, 1890, 5670)]
    assert invoice["invoiceId"] and invoice["paymentReference"] and invoice["issuedAt"]
    assert (app.available(machine), app.available(beans)) == (0, 17)


def test_the_answer_to_an_order_holds_the_links_to_watch_it(app: RunningApp) -> None:
    body = order_for(app.stock(1))
    answer = app.call("POST", "/api/orders", body)
    links = answer.json()

    assert answer.status == 202
    assert answer.headers["Location"] == links["statusQueryGetUri"]
    assert links["id"] == body["orderId"]
    app.wait_for_end(body["orderId"])
    status = app.call("GET", links["statusQueryGetUri"])
    assert status.status == 200
    assert status.json()["runtimeStatus"] == "Completed"
    assert status.json()["output"] == app.order(body["orderId"])["invoice"]
    assert status.json()["customStatus"]["stage"] == "Invoiced"


def test_an_order_without_an_id_gets_one(app: RunningApp) -> None:
    body = order_for(app.stock(1))
    del body["orderId"]
    order_id = app.place(body)["id"]
    assert app.wait_for_end(order_id)["stage"] == "Invoiced"


def test_an_order_that_is_short_waits_and_says_what_for(app: RunningApp) -> None:
    sku = app.stock(1)
    body = order_for(sku, quantity=2)
    links = app.place(body)
    app.wait_for(body["orderId"], "AwaitingProceed")

    status = app.call("GET", links["statusQueryGetUri"])

    assert status.status == 202
    assert status.json()["runtimeStatus"] == "Running"
    shown = status.json()["customStatus"]
    assert shown["stage"] == "AwaitingProceed"
    assert shown["attempt"] == 1
    assert shown["waitingFor"] == ["Proceed", "Cancel"]
    assert shown["until"]
    assert app.available(sku) == 1


def test_a_declined_payment_ends_the_order_without_an_invoice(app: RunningApp) -> None:
    sku = app.stock(1)
    body = order_for(sku, paymentMethod="pm_card_visa_chargeDeclined")
    app.place(body)
    ended = app.wait_for_end(body["orderId"])
    assert (ended["stage"], ended["runtimeStatus"]) == ("PaymentDeclined", "Completed")
    assert ended["invoice"] is None
    assert "declined" in ended["reason"] and ended["error"] is None
    assert app.available(sku) == 1


def test_the_same_order_again_starts_nothing_new(app: RunningApp) -> None:
    sku = app.stock(5)
    body = order_for(sku)
    first = app.place(body)
    assert app.place(body) == first
    app.wait_for_end(body["orderId"])

    again = app.place(body)

    assert again == first
    invoice = app.order(body["orderId"])["invoice"]
    assert app.wait_for_end(body["orderId"])["invoice"] == invoice
    assert app.available(sku) == 4


def test_another_order_under_the_same_id_is_a_conflict(app: RunningApp) -> None:
    sku = app.stock(5)
    body = order_for(sku)
    app.place(body)
    answer = app.call("POST", "/api/orders", {**body, "customerId": "bob"})
    assert answer.status == 409
    assert body["orderId"] in answer.text
    assert app.wait_for_end(body["orderId"])["invoice"]["customerId"] == "ada"


def test_the_same_order_ten_times_at_once_is_one_order(app: RunningApp) -> None:
    sku = app.stock(20)
    body = order_for(sku, quantity=2)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: app.call("POST", "/api/orders", body), range(10)))
    assert [answer.status for answer in answers] == [202] * 10
    assert app.wait_for_end(body["orderId"])["stage"] == "Invoiced"
    assert app.available(sku) == 18


def test_an_unknown_order_is_not_found(app: RunningApp) -> None:
    answer = app.call("GET", f"/api/orders/{unique('order')}")
    assert answer.status == 404


BAD_FIELDS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no customer": ({"customerId": None}, ["customerId"]),
    "a customer that is no text": ({"customerId": 5}, ["customerId"]),
    "no payment method": ({"paymentMethod": ...}, ["paymentMethod"]),
    "no items": ({"items": ...}, ["items"]),
    "an empty list of items": ({"items": []}, ["items"]),
    "items that are no list": ({"items": "beans"}, ["items"]),
    "too many items": (
        {"items": [{"sku": f"sku-{number}", "quantity": 1} for number in range(51)]},
        ["items"],
    ),
    "a quantity of 0": ({"quantity": 0}, ["items[0].quantity"]),
    "a negative quantity": ({"quantity": -1}, ["items[0].quantity"]),
    "a quantity of a thousand millions": ({"quantity": 10**9}, ["items[0].quantity"]),
    "a quantity that is a text": ({"quantity": "3"}, ["items[0].quantity"]),
    "a quantity that is no whole number": ({"quantity": 1.5}, ["items[0].quantity"]),
    "a quantity that is true": ({"quantity": True}, ["items[0].quantity"]),
    "an illegal SKU": ({"sku": "../sku"}, ["items[0].sku"]),
    "an unknown SKU": ({"sku": "no-such-sku"}, ["items[0].sku"]),
    "an id that ends other orders": ({"orderId": "x/terminate?reason=pwn#"}, ["orderId"]),
    "an id that is too long": ({"orderId": "a" * 101}, ["orderId"]),
    "a misspelt field": ({"custommerId": "ada"}, ["custommerId"]),
    "several at once": (
        {"customerId": ..., "quantity": 0, "orderId": "-"},
        ["customerId", "items[0].quantity", "orderId"],
    ),
}


@pytest.mark.parametrize("case", BAD_FIELDS)
def test_a_bad_field_is_named(app: RunningApp, case: str) -> None:
    changes, fields = BAD_FIELDS[case]
    body = order_for(app.stock(1))
    for name, value in changes.items():
        place = body["items"][0] if name in ("sku", "quantity") else body
        place[name] = value
        if value is ...:
            del place[name]

    answer = app.call("POST", "/api/orders", body)

    assert answer.status == 400
    told = answer.json()
    assert sorted(field["field"] for field in told["fields"]) == sorted(fields)
    assert all(field["message"] for field in told["fields"])
    assert all(field in told["error"] for field in fields)


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"{", b"[]", b"null", b"5", b'"order"', b"\xff\xfe", b"[" * 5000]
)
def test_a_body_that_is_no_order_is_refused(app: RunningApp, body: bytes) -> None:
    answer = app.call("POST", "/api/orders", body)
    assert answer.status == 400
    assert answer.json()["error"]


def test_a_hundred_orders_at_once_all_end(app: RunningApp) -> None:
    sku = app.stock(1000)
    bodies = [order_for(sku, quantity=2) for _ in range(100)]
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(app.place, bodies))
        ended = list(pool.map(lambda body: app.wait_for_end(body["orderId"]), bodies))
    assert [order["stage"] for order in ended] == ["Invoiced"] * 100
    assert len({order["invoice"]["invoiceId"] for order in ended}) == 100
    assert app.available(sku) == 800
