"""What an order costs in storage requests and connections: guards without a clock.

The app runs on the emulator behind a proxy that counts. The numbers are those of an app that is
at work: its tables exist, and each SKU was ordered before unless the test says otherwise.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.costs import assert_costs
from tests.e2e.running_app import PATIENCE, RunningApp, order_for
from tools.azurite import Azurite
from tools.counting import CountingProxy
from tools.hosts import Host, HostChoice, free_port
from tools.processes import wait_until

ACCEPT = "table POST orders"
READ_ACCEPTED = "table GET orders (row)"
READ_ROW = "table GET inventory (row)"
QUERY = "table GET inventory (query)"
CHANGE_STOCK = "table POST $batch inventory"
PAY = "table POST payments"
READ_PAYMENT = "table GET payments (row)"
SEND = "queue POST event-queue/messages"
TAKE = "queue GET event-queue/messages"
DELETE = "queue DELETE event-queue/messages"

IN_STOCK = {ACCEPT: 1, CHANGE_STOCK: 1, PAY: 1}
EVENT = {TAKE: 1, DELETE: 1}
# Of the order's row and of its one SKU. Then the line of the SKU is looked through, in which
# nobody stands.
RELEASE = {READ_ROW: 2, CHANGE_STOCK: 1, QUERY: 1}

# The expectation: requests by kind. Polls that find the queue empty are not in it.
COSTS: dict[str, dict[str, int]] = {
    "an order in stock": IN_STOCK,
    "an order of ten lines in stock": IN_STOCK,
    "the first order of a SKU": {**IN_STOCK, READ_ROW: 1},
    "the first order of ten SKUs": {**IN_STOCK, READ_ROW: 10},
    "an order placed again": {ACCEPT: 1, READ_ACCEPTED: 1},
    "a declined order, with its release and refund": {
        **IN_STOCK,
        **RELEASE,
        CHANGE_STOCK: 2,
        READ_PAYMENT: 1,
    },
    "a declined order, and the next in line that gets its piece": {
        **IN_STOCK,
        **EVENT,
        # Of the release two, of what is free now, and of the woken order's look.
        READ_ROW: 4,
        QUERY: 2,
        CHANGE_STOCK: 3,
        READ_PAYMENT: 1,
        SEND: 1,
        PAY: 2,
    },
    "an order that is short, until it waits": {ACCEPT: 1, CHANGE_STOCK: 1},
    "a Proceed in vain": {**EVENT, READ_ROW: 2},
    "a Proceed that leads to the invoice": {**EVENT, READ_ROW: 1, CHANGE_STOCK: 1, PAY: 1},
    # It held nothing: its own row is read, and the SKU's is not.
    "a Cancel": {**EVENT, **RELEASE, READ_ROW: 1, READ_PAYMENT: 1, PAY: 1},
    "a restock and the one order that it serves": {
        **EVENT,
        READ_ROW: 3,
        # The line, twice: only who stands in it before and after the stock was read still waits.
        QUERY: 2,
        CHANGE_STOCK: 2,
        SEND: 1,
        PAY: 1,
    },
}

# Seconds without a request after which a step is over; the queue is polled more often.
QUIET = 0.3
ORDERS = 20
# Of the app after its first orders. The queue's listener asks for messages while it deletes one.
MORE_CONNECTIONS = 2

SETTINGS = {
    # Nothing but orders is to be counted, and no test is to wait for a slow poll.
    "AzureWebJobs.SweepOrders.Disabled": "true",
    "AzureFunctionsJobHost__extensions__queues__maxPollingInterval": "00:00:00.1",
}


class CountedApp(RunningApp):
    """The app with its storage behind a proxy; what the test itself asks of the queue is not."""

    def __init__(self, storage: str, proxy: CountingProxy, folder: Path) -> None:
        super().__init__(storage, folder)
        self.proxy = proxy
        self.host = Host(
            HostChoice("emulator", "Core Tools keep orchestrations in the same storage"),
            port=free_port(),
            storage=proxy.connection,
            state=folder / "state.db",
            output=folder / "host.log",
            settings=SETTINGS,
        )

    def check(self, what: str, step: Callable[[], object]) -> None:
        """Take a step and compare what it cost with what is expected."""
        before = self.proxy.counts
        step()
        counted = self._at_rest(before)
        assert_costs(what, COSTS[what], counted)

    def _at_rest(self, before: Counter[str]) -> Counter[str]:
        """Return what was asked for, once nothing more is: an order ends before its event does."""
        counts: list[Counter[str]] = [Counter(), Counter()]

        def at_rest() -> bool:
            counts[:] = counts[1], self.proxy.counts - before
            # Deleting its message is the last thing that is done for an event.
            return counts[0] == counts[1] and counts[1][DELETE] >= counts[1][TAKE]

        assert wait_until(at_rest, PATIENCE, QUIET), self.tail()
        return counts[1]

    def order(self, order_id: str) -> dict[str, Any]:
        """Return how an order stands, by the host's own status.

        The app's costs a look at the stock while the order waits.
        """
        path = f"/runtime/webhooks/durabletask/instances/{order_id}"
        told: dict[str, Any] = self.call("GET", path).json()
        return {**told, "stage": (told["customStatus"] or {}).get("stage", "Pending")}

    def invoice(self, body: dict[str, Any]) -> None:
        """Place an order and wait for its invoice."""
        self.place(body)
        self.end(body["orderId"], "Invoiced")

    def ordered_before(self, available: int = 10) -> str:
        """Make a SKU that was ordered before; return its name."""
        sku = self.stock(available + 1)
        self.invoice(order_for(sku))
        return sku

    def order_of_sold_out(self) -> tuple[dict[str, Any], str]:
        """Make a SKU whose last piece was ordered; return another order of it, and the SKU."""
        sku = self.ordered_before(0)
        return order_for(sku), sku

    def pause(self, body: dict[str, Any]) -> dict[str, str]:
        """Place an order that is short and wait until it pauses; return its links."""
        links = self.place(body)
        self.wait_for(body["orderId"], "AwaitingProceed")
        return links

    def proceed_in_vain(self, order_id: str, links: dict[str, str]) -> None:
        """Send Proceed to an order that is still short; wait until it pauses again."""

        def pauses_again() -> bool:
            shown = self.call("GET", links["statusQueryGetUri"]).json()["customStatus"]
            return bool(shown["stage"] == "AwaitingProceed" and shown["attempt"] == 2)

        self.events.send(order_id)
        assert wait_until(pauses_again, PATIENCE), self.tail()

    def end(self, order_id: str, stage: str) -> None:
        """Wait until an order has ended, at a stage."""
        assert self.wait_for_end(order_id)["stage"] == stage

    def send(self, order_id: str, name: str, stage: str) -> None:
        """Send an event and wait for the end that it leads to."""
        self.events.send(order_id, name)
        self.end(order_id, stage)

    def restock(self, order_id: str, sku: str) -> None:
        """Restock what a waiting order needs and wait for its invoice."""
        answer = self.call("POST", f"/api/inventory/{sku}/restock", {"quantity": 1})
        assert answer.json()["notified"] == [order_id]
        self.end(order_id, "Invoiced")


@pytest.fixture(scope="module")
def counted(
    azurite: Azurite, storage_accounts: Iterator[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CountedApp]:
    storage = azurite.connection_string(next(storage_accounts))
    with CountingProxy(storage) as proxy:
        app = CountedApp(storage, proxy, tmp_path_factory.mktemp("counted"))
        app.host.start()
        try:
            # Tables and connections that the first orders need.
            body, sku = app.order_of_sold_out()
            app.pause(body)
            app.restock(body["orderId"], sku)
            yield app
        finally:
            app.host.stop()
            app.events.close()


def test_in_stock(counted: CountedApp) -> None:
    body = order_for(counted.ordered_before())
    counted.check("an order in stock", lambda: counted.invoice(body))
    counted.check("an order placed again", lambda: counted.place(body))


def test_ten_lines(counted: CountedApp) -> None:
    skus = [counted.stock(2) for _ in range(10)]
    items = [{"sku": sku, "quantity": 1} for sku in skus]
    first = {**order_for(skus[0]), "items": items}
    counted.check("the first order of ten SKUs", lambda: counted.invoice(first))
    body = {**order_for(skus[0]), "items": items}
    counted.check("an order of ten lines in stock", lambda: counted.invoice(body))


def test_first_of_its_sku(counted: CountedApp) -> None:
    body = order_for(counted.stock(1))
    counted.check("the first order of a SKU", lambda: counted.invoice(body))


def test_declined(counted: CountedApp) -> None:
    body = order_for(counted.ordered_before(), paymentMethod="pm_card_visa_chargeDeclined")

    def decline() -> None:
        counted.place(body)
        counted.end(body["orderId"], "PaymentDeclined")

    counted.check("a declined order, with its release and refund", decline)


def test_stock_that_comes_back_wakes_the_next_in_line(counted: CountedApp) -> None:
    waiting, sku = counted.order_of_sold_out()
    counted.pause(waiting)
    counted.set_stock(sku, 1)
    body = order_for(sku, paymentMethod="pm_card_visa_chargeDeclined")

    def decline() -> None:
        counted.place(body)
        counted.end(body["orderId"], "PaymentDeclined")
        counted.end(waiting["orderId"], "Invoiced")

    what = "a declined order, and the next in line that gets its piece"
    counted.check(what, decline)


def test_set_by_hand_then_proceed(counted: CountedApp) -> None:
    body, sku = counted.order_of_sold_out()
    order_id = body["orderId"]
    links: dict[str, str] = {}
    what = "an order that is short, until it waits"
    counted.check(what, lambda: links.update(counted.pause(body)))
    counted.check("a Proceed in vain", lambda: counted.proceed_in_vain(order_id, links))
    counted.set_stock(sku, 1)
    what = "a Proceed that leads to the invoice"
    counted.check(what, lambda: counted.send(order_id, "Proceed", "Invoiced"))


def test_cancelled(counted: CountedApp) -> None:
    body, _ = counted.order_of_sold_out()
    counted.pause(body)
    counted.check("a Cancel", lambda: counted.send(body["orderId"], "Cancel", "Cancelled"))


def test_restocked(counted: CountedApp) -> None:
    body, sku = counted.order_of_sold_out()
    counted.pause(body)
    what = "a restock and the one order that it serves"
    counted.check(what, lambda: counted.restock(body["orderId"], sku))


def test_connections_do_not_grow_with_the_orders(counted: CountedApp) -> None:
    sku = counted.ordered_before(2 * ORDERS)
    before = counted.proxy.connections
    for number in range(ORDERS):
        if number % 10:
            counted.invoice(order_for(sku))
        else:
            body, sold_out = counted.order_of_sold_out()
            counted.pause(body)
            counted.restock(body["orderId"], sold_out)
    opened = counted.proxy.connections - before
    assert opened.total() <= MORE_CONNECTIONS, (
        f"{ORDERS} orders opened {dict(opened)} connections to storage: clients are made once per "
        "process (ordering/shop.py) and read their answers to the end."
    )
