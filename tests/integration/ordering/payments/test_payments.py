from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ordering.errors import GatewayUnavailable, NotReserved
from ordering.model import OrderRequest
from ordering.payments.gateway import Charge, Opened
from ordering.payments.payments import Payments
from ordering.payments.rows import TABLE, PaymentRows
from ordering.shop import Shop, open_shop
from ordering.storage.tables import Table, connect

Order = Callable[..., OrderRequest]
Stock = Callable[..., None]


class FakeGateway:
    """Approves everything and remembers what it was asked."""

    opens_for_free = True

    def __init__(self) -> None:
        self.charges: list[Charge] = []
        self.returned: list[tuple[str, str, int]] = []

    def open(self, charge: Charge) -> Opened:
        self.charges.append(charge)
        return Opened(f"fake-{charge.order_id}", taken=True)

    def take(self, order_id: str, reference: str) -> None:
        raise AssertionError("it opens no payment that is not taken")

    def give_back(self, order_id: str, reference: str, amount: int) -> int:
        self.returned.append((order_id, reference, amount))
        return amount


@pytest.fixture
def payments(storage: str, shop: Shop) -> Callable[..., Payments]:
    """Make payments on the shop's table, with a gateway or a clock of the test's own."""

    def make(gateway: Any = None, **options: Any) -> Payments:
        rows = PaymentRows(Table(connect(storage), TABLE))
        reservation_of = options.pop("reservation_of", shop.inventory.reservation)
        return Payments(rows, reservation_of, gateway or FakeGateway(), **options)

    return make


@pytest.fixture
def reserved(shop: Shop, stock: Stock, order: Order) -> OrderRequest:
    """Two teas at 250 and a mug at 1,200, held for an order."""
    stock("TEA", 5)
    stock("MUG", 5, unitPrice=1200)
    placed = order("o-1", TEA=2, MUG=1)
    assert shop.inventory.check_and_reserve(placed)
    return placed


def test_the_invoice_lists_what_was_charged(shop: Shop, reserved: OrderRequest) -> None:
    outcome = shop.payments.pay(reserved)
    issued_at = outcome["invoice"].pop("issuedAt")
    assert outcome == {
        "status": "charged",
        "invoice": {
            "invoiceId": "INV-o-1",
            "orderId": "o-1",
            "customerId": "ada",
            "lines": [
                {
                    "sku": "TEA",
                    "description": "Tea",
                    "quantity": 2,
                    "unitPrice": 250,
                    "amount": 500,
                },
                {
                    "sku": "MUG",
                    "description": "Mug",
                    "quantity": 1,
                    "unitPrice": 1200,
                    "amount": 1200,
                },
            ],
            "currency": "EUR",
            "total": 1700,
            "paymentReference": "ledger-o-1",
        },
    }
    assert datetime.strptime(issued_at, "%Y-%m-%dT%H:%M:%SZ")


def test_a_repeat_gives_the_same_invoice_on_another_day(
    shop: Shop, payments: Callable[..., Payments], reserved: OrderRequest
) -> None:
    first = shop.payments.pay(reserved)
    tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
    assert payments(now=lambda: tomorrow).pay(reserved) == first


def test_charges_at_once_give_one_invoice(shop: Shop, reserved: OrderRequest) -> None:
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: shop.payments.pay(reserved), range(8)))
    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert outcomes[0]["status"] == "charged"


def test_the_price_is_that_of_the_reservation(
    shop: Shop, stock: Stock, reserved: OrderRequest
) -> None:
    stock("TEA", 5, unitPrice=99_999, description="Gold")
    invoice = shop.payments.pay(reserved)["invoice"]
    assert invoice["total"] == 1700
    assert invoice["lines"][0]["description"] == "Tea"


def test_the_gateway_is_told_amount_currency_and_order(
    payments: Callable[..., Payments], reserved: OrderRequest
) -> None:
    gateway = FakeGateway()
    payments(gateway).pay(reserved)
    assert gateway.charges == [Charge("o-1", "ada", "pm_card_visa", 1700, "EUR")]


@pytest.mark.parametrize("lines", [1, 50])
def test_charging_costs_one_request_and_two_in_another_process(
    storage: str, shop: Shop, stock: Stock, order: Order, lines: int, requests: Any
) -> None:
    items = {f"SKU{number:02d}": 10_000 for number in range(lines)}
    for sku in items:
        stock(sku, 10_000, unitPrice=10**9, description="\N{TEACUP WITHOUT HANDLE}" * 200)
    placed = order("o-1", **items)
    shop.inventory.check_and_reserve(placed)
    shop.payments.refund("makes-the-table")
    outcomes: list[Any] = []
    assert requests.of(lambda: outcomes.append(shop.payments.pay(placed))) == 1
    assert outcomes[0]["invoice"]["total"] == lines * 10_000 * 10**9
    for sku in items:
        stock(sku, 10_000)
    elsewhere = order("o-2", **items)
    open_shop(storage).inventory.check_and_reserve(elsewhere)
    assert requests.of(lambda: outcomes.append(shop.payments.pay(elsewhere))) == 2
    assert outcomes[1]["invoice"]["total"] == lines * 10_000 * 250


def test_an_order_that_another_process_undid_is_not_charged_as_it_was_reserved(
    storage: str, shop: Shop, reserved: OrderRequest, available: Callable[[str], int]
) -> None:
    open_shop(storage).undo("o-1")
    outcome = shop.payments.pay(reserved)
    assert (outcome["status"], outcome["code"]) == ("declined", "order_closed")
    assert not shop.payments.is_charged("o-1")
    assert available("TEA") == 5


def test_an_order_that_another_process_is_undoing_gets_its_money_back(
    storage: str, shop: Shop, reserved: OrderRequest
) -> None:
    other = open_shop(storage)
    assert other.inventory.release("o-1")
    assert shop.payments.pay(reserved)["status"] == "charged"
    assert other.payments.refund("o-1") == 1700
    assert not shop.payments.is_charged("o-1")


def test_a_declined_charge_is_a_result_and_takes_nothing(
    shop: Shop, stock: Stock, order: Order
) -> None:
    stock("TEA", 5)
    placed = order("o-1", "pm_card_visa_chargeDeclinedInsufficientFunds", TEA=1)
    shop.inventory.check_and_reserve(placed)
    assert shop.payments.pay(placed) == {
        "status": "declined",
        "code": "insufficient_funds",
        "message": "Your card has insufficient funds.",
    }
    assert shop.payments.refund("o-1") == 0


def test_an_order_without_stock_is_not_charged(shop: Shop, order: Order) -> None:
    with pytest.raises(NotReserved, match="o-1"):
        shop.payments.pay(order("o-1", TEA=1))
    assert shop.payments.refund("o-1") == 0


def test_an_order_whose_stock_was_released_is_not_charged(
    shop: Shop, reserved: OrderRequest
) -> None:
    shop.inventory.release("o-1")
    with pytest.raises(NotReserved):
        shop.payments.pay(reserved)


def test_a_refund_happens_once_and_answers_the_same(
    payments: Callable[..., Payments], reserved: OrderRequest
) -> None:
    gateway = FakeGateway()
    books = payments(gateway)
    books.pay(reserved)
    assert [books.refund("o-1") for _ in range(3)] == [1700, 1700, 1700]
    assert gateway.returned == [("o-1", "fake-o-1", 1700)]


def test_nothing_is_charged_after_a_refund(shop: Shop, reserved: OrderRequest) -> None:
    shop.payments.pay(reserved)
    shop.payments.refund("o-1")
    assert shop.payments.pay(reserved)["status"] == "declined"
    assert shop.payments.refund("o-1") == 1700


def test_nothing_is_charged_after_a_refund_that_found_no_charge(
    shop: Shop, reserved: OrderRequest
) -> None:
    assert shop.payments.refund("o-1") == 0
    assert shop.payments.pay(reserved)["code"] == "order_closed"
    assert shop.payments.refund("o-1") == 0


def test_a_charge_and_a_refund_at_once_keep_no_money(shop: Shop, reserved: OrderRequest) -> None:
    def pay_or_refund(number: int) -> object:
        return shop.payments.refund("o-1") if number % 2 else shop.payments.pay(reserved)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(pay_or_refund, range(8)))
    shop.payments.refund("o-1")
    assert shop.payments.pay(reserved)["status"] == "declined"


def gone(order_id: str) -> None:
    """Know no reservation: those of ended orders are archived."""


@pytest.mark.parametrize("released", [True, False])
def test_a_repeat_gives_the_same_invoice_when_the_stock_is_not_held_any_more(
    shop: Shop, payments: Callable[..., Payments], reserved: OrderRequest, released: bool
) -> None:
    first = shop.payments.pay(reserved)
    if released:
        shop.inventory.release("o-1")
        assert shop.payments.pay(reserved) == first
    else:
        assert payments(reservation_of=gone).pay(reserved) == first


@pytest.mark.parametrize("charged", [True, False])
def test_a_repeat_for_a_closed_order_whose_stock_is_archived_is_declined(
    shop: Shop, payments: Callable[..., Payments], reserved: OrderRequest, charged: bool
) -> None:
    if charged:
        shop.payments.pay(reserved)
    shop.payments.refund("o-1")
    assert payments(reservation_of=gone).pay(reserved)["code"] == "order_closed"


def test_the_invoice_and_the_state_of_an_order_are_those_of_its_payment(
    shop: Shop, reserved: OrderRequest
) -> None:
    assert (shop.payments.state_of("o-1"), shop.payments.invoice_of("o-1")) == (None, None)
    invoice = shop.payments.pay(reserved)["invoice"]
    assert shop.payments.state_of("o-1") == "charged"
    assert shop.payments.invoice_of("o-1") == invoice
    shop.payments.refund("o-1")
    assert (shop.payments.state_of("o-1"), shop.payments.invoice_of("o-1")) == ("refunded", None)
    shop.payments.refund("o-2")
    assert shop.payments.state_of("o-2") == "voided"


def test_the_ledger_does_not_call_the_money_of_another_gateway_refunded(
    shop: Shop, payments: Callable[..., Payments], reserved: OrderRequest
) -> None:
    payments(FakeGateway()).pay(reserved)
    with pytest.raises(GatewayUnavailable, match="PAYMENT_GATEWAY"):
        shop.payments.refund("o-1")
    assert payments(FakeGateway()).refund("o-1") == 1700
