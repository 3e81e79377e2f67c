"""A shop's payments on Stripe, all in memory: fast enough to try everything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ordering.errors import GatewayUnavailable, StorageUnavailable
from ordering.model import OrderRequest, parse_order
from ordering.payments.payment import CHARGED, Payment
from ordering.payments.payments import Payments
from ordering.payments.stripe_gateway import StripeGateway
from ordering.retrying import Pace
from ordering.stock.rows import HELD, Line, Reservation
from tests.integration.ordering.payments.fake_stripe import KEY, Fault, InProcess, Seen, Wire
from tests.integration.ordering.payments.stripe_account import StripeAccount

TOTAL = 500
# No pauses. Nothing is tried again within one call, or everything is.
IMPATIENT = Pace(first=0, longest=0, total=0)
PATIENT = Pace(first=0, longest=0, total=5)


class Crash(BaseException):
    """The process ended here."""


class MemoryRows:
    """What PaymentRows is.

    `before` is called before each request and may end the process. Of the next `deaf` writes the
    answer is lost and the SDK sends them again, so that they meet their own work.
    """

    def __init__(self, written: Callable[[Payment], None]) -> None:
        self.payments: dict[str, Payment] = {}
        self.before: Callable[[], None] = lambda: None
        self.deaf = 0
        self._written = written

    def find(self, order_id: str) -> Payment | None:
        self.before()
        return self.payments.get(order_id)

    def insert(self, payment: Payment) -> bool:
        self.before()
        if payment.order_id in self.payments:
            return False
        return self._write(replace(payment, etag="1"))

    def change(self, payment: Payment, state: str, since: str) -> bool:
        self.before()
        stored = self.payments[payment.order_id]
        if stored.etag != payment.etag:
            return False
        etag = str(int(stored.etag) + 1)
        return self._write(replace(stored, state=state, since=since, etag=etag))

    def _write(self, payment: Payment) -> bool:
        self.payments[payment.order_id] = payment
        self._written(payment)
        self.deaf -= 1
        return self.deaf < 0


class World:
    """One order that holds two teas, and whatever goes wrong with its payment."""

    def __init__(self, pace: Pace = PATIENT, payment_method: str = "pm_card_visa") -> None:
        self.wire = Wire()
        self.http = InProcess(self.wire)
        self.rows = MemoryRows(self.check_written)
        self.order = order(payment_method)
        self.gateway = StripeGateway(KEY, pace=pace, http_client=self.http)
        self.payments = Payments(self.rows, self.reservation_of, self.gateway)  # type: ignore[arg-type]
        self.total = TOTAL
        self.invoices: list[Any] = []

    @property
    def account(self) -> StripeAccount:
        return self.wire.account

    def reservation_of(self, order_id: str) -> Reservation | None:
        return Reservation(HELD, "EUR", (Line("TEA", "Tea", 2, self.total // 2),))

    def pay(self) -> dict[str, Any]:
        outcome = self.payments.pay(self.order)
        if outcome["status"] == "charged":
            self.invoices.append(outcome["invoice"])
        return outcome

    def refund(self) -> int:
        return self.payments.refund("o-1")

    def insist(self, call: Callable[[], Any]) -> Any:
        """Call until it answers, as an activity is retried, also in another process."""
        for _ in range(20):
            try:
                return call()
            except (Crash, GatewayUnavailable, StorageUnavailable):
                continue
        raise AssertionError("never answered")

    def check_written(self, payment: Payment) -> None:
        if payment.state == CHARGED:
            assert self.account.kept == payment.total, "an invoice for money that went back"

    def check(self) -> None:
        """Check what must always hold."""
        row = self.rows.payments.get("o-1")
        succeeded = [i for i in self.account.intents.values() if i["status"] == "succeeded"]
        assert len(self.account.charges) == len(succeeded) <= 1, "charged twice"
        assert self.account.returned <= self.account.taken
        assert all(invoice == self.invoices[0] for invoice in self.invoices), "two invoices"
        for invoice in self.invoices:
            [intent] = succeeded
            assert (intent["id"], intent["amount"]) == (
                invoice["paymentReference"],
                invoice["total"],
            )
        if row is not None and row.state == CHARGED:
            assert self.account.kept == row.total, "an invoice without the money"
        if row is not None and row.state in ("refunded", "voided"):
            assert self.account.kept == 0, "money kept"
            assert (self.account.taken > 0) == (row.state == "refunded")
            dead = ("succeeded", "canceled")
            recorded = self.account.intents.get(row.reference)
            assert recorded is None or recorded["status"] in dead, "it could still be charged"


def order(payment_method: str = "pm_card_visa") -> OrderRequest:
    items = [{"sku": "TEA", "quantity": 2}]
    return parse_order(
        {"orderId": "o-1", "customerId": "ada", "items": items, "paymentMethod": payment_method}
    )


OPERATIONS = {
    "create": "POST /v1/payment_intents$",
    "look": "GET /v1/payment_intents",
    "confirm": "/confirm",
    "cancel": "/cancel",
    "list": "GET /v1/refunds",
    "refund": "POST /v1/refunds",
}
KINDS: dict[str, dict[str, Any]] = {
    "kept 500": {"status": 500, "kept": True},
    "kept 500, done": {"status": 500, "kept": True, "done": True},
    "lost": {"done": True},
    "crash before": {},
    "crash after": {},
}


def plan(world: World, faults: Sequence[tuple[str, str]]) -> None:
    """Have things go wrong: each at the first call of its operation that is still unharmed."""
    crashes = [(OPERATIONS[operation], kind) for operation, kind in faults if "crash" in kind]
    for operation, kind in faults:
        if "crash" not in kind:
            world.wire.faults.append(Fault(OPERATIONS[operation], **KINDS[kind]))

    def hook(when: str) -> Callable[[Seen], None]:
        def crash(seen: Seen) -> None:
            for planned in crashes:
                if planned[1] == f"crash {when}" and seen.matches(planned[0]):
                    crashes.remove(planned)
                    raise Crash

        return crash

    world.http.before, world.http.after = hook("before"), hook("after")
