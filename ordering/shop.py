"""The shop of this process, as its app settings describe it. Clients are made once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from ordering import accepted_orders, settings
from ordering.accepted_orders import AcceptedOrders
from ordering.cleanup import Cleanup
from ordering.clock import utc_now
from ordering.errors import SettingsError
from ordering.model import BUSINESS_ENDS, OrderRequest
from ordering.notifications import PROCEED, Notification
from ordering.payments.gateway import Gateway
from ordering.payments.ledger import Ledger
from ordering.payments.payment import OPEN
from ordering.payments.payments import Payments
from ordering.payments.rows import TABLE as PAYMENTS
from ordering.payments.rows import PaymentRows
from ordering.stock import rows
from ordering.stock.catalogue import Catalogue
from ordering.stock.ended import EndedOrders
from ordering.stock.plan import Check
from ordering.stock.reservations import Inventory
from ordering.stock.restocking import Restocked, Restocks
from ordering.stock.seen_rows import SeenRows
from ordering.stock.turns import Turns
from ordering.stock.waiting import Lines
from ordering.storage.credentials import (
    Account,
    account_at,
    account_from_settings,
)
from ordering.storage.queues import Queue, open_queue
from ordering.storage.tables import Table, connect

EVENT_QUEUE = "event-queue"
# The host's name for it.
POISON_QUEUE = f"{EVENT_QUEUE}-poison"

_shops: dict[tuple[Account, settings.GatewaySettings], Shop] = {}
_lock = Lock()


@dataclass(frozen=True)
class Shop:
    """Everything the functions need. Safe to share between threads.

    Every method raises StorageUnavailable, and Contention where it changes stock.
    """

    catalogue: Catalogue
    inventory: Inventory
    lines: Lines
    ended: EndedOrders
    restocks: Restocks
    events: Queue
    failed_events: Queue
    payments: Payments
    accepted: AcceptedOrders
    cleanup: Cleanup
    retention: timedelta

    def check_and_reserve(self, order: OrderRequest, placed_at: datetime | None = None) -> bool:
        """Reserve an order's stock or put it in line; tell whether it holds its stock."""
        return bool(self.check(order, placed_at).answer)

    def check(self, order: OrderRequest, placed_at: datetime | None = None) -> Check:
        """Reserve an order's stock or put it in line, unless it has ended.

        An order that was archived gets none. The row of its reservation is gone, so a duplicate
        that comes so late is told by the row of its acceptance. `placed_at` is when its
        orchestration began. Raises MixedCurrencies.
        """
        order_id = str(order.order_id)
        if placed_at is not None and utc_now() - placed_at > self.retention:
            accepted = self.accepted.find(order_id)
            if accepted is not None and accepted.is_archived:
                return Check(order, answer=False, has_ended=True)
        return self.inventory.check(order)

    def release(self, order_id: str, stage: str | None = None) -> bool:
        """Give back what an order holds and wake who can have it; tell whether it held any.

        `stage` is the decision that ended it, if one did. A repeat gives back nothing, and wakes
        again, which costs a woken order one check.
        """
        released = self.inventory.release(order_id, stage if stage in BUSINESS_ENDS else None)
        self.wake(released.skus, "released")
        return released.held

    def pass_on(self, order_id: str) -> bool:
        """Take an order that has ended out of the line, and wake the next one for its stock.

        Tells whether it still stood there, as one does that was terminated. One request if not.
        """
        found = self.inventory.reservation(order_id)
        if found is None or found.state != rows.WAITING:
            return False
        self.release(order_id)
        return True

    def undo(self, order_id: str, stage: str | None = None) -> tuple[int, bool]:
        """Release an order and pay back what it was charged, as its compensation does.

        Answers the money, in minor units, and whether it held stock. Leaves rows that keep an
        activity which is still under way from charging or reserving after this.
        """
        released = self.release(order_id, stage)
        return self.payments.refund(order_id), released

    def has_ended(self, order_id: str) -> bool:
        """Tell whether an order that the host does not know has ended.

        It was released, or its payment is decided: taken, or given back.
        """
        held = self.inventory.reservation(order_id)
        if held is not None and held.state == rows.RELEASED:
            return True
        return self.payments.state_of(order_id) not in (None, OPEN)

    def restock(
        self, sku: str, quantity: int, key: str | None = None, *, keep_answer: bool = True
    ) -> Restocked:
        """Add stock and wake the waiting orders that it can serve, oldest first.

        See Restocks.restock. Raises UnknownSku, KeyReused, ContractError.
        """
        done = self.restocks.restock(sku, quantity, key, keep_answer=keep_answer)
        self._proceed(done.notified, {"reason": "restocked", "sku": sku})
        return done

    def wake(self, skus: Iterable[str], reason: str) -> list[str]:
        """Wake the orders in line for these SKUs that the free stock can serve, oldest first."""
        served = self.lines.servable(skus)
        self._proceed(served, {"reason": reason})
        return served

    def wake_idle(self, paused: Iterable[str], deaf: Iterable[str]) -> list[str]:
        """Wake all orders that could go on, such as those whose event was lost.

        Those in line that the free stock can serve, without those that are deaf and take no
        Proceed; and of the paused ones those that hold their stock already, which a late duplicate
        of their first check may have reserved for them.
        """
        waiting = self.lines.everybody()
        served = self.lines.servable_of(waiting, without=set(deaf))
        in_line = {order.order_id for order in waiting}
        strays = [order_id for order_id in paused if order_id not in in_line]
        holding = [order_id for order_id in strays if self._holds(order_id)]
        self._proceed(served + holding, {"reason": "stock is free"})
        return served + holding

    def _holds(self, order_id: str) -> bool:
        held = self.inventory.reservation(order_id)
        return held is not None and held.state == rows.HELD

    def _proceed(self, order_ids: list[str], data: dict[str, Any]) -> None:
        self.events.send([Notification(name, PROCEED, data).to_text() for name in order_ids])


def open_shop(
    account: Account | str,
    gateway: Gateway | None = None,
    retention: timedelta = timedelta(days=settings.DEFAULT_RETENTION_DAYS),
    **hooks: Any,
) -> Shop:
    """Return a shop on a storage account, or on a connection string; makes no request.

    The ledger takes the money unless another gateway is given; `hooks` are those of `connect`.
    """
    account = account_at(account)
    service = connect(account, **hooks)
    table = Table(service, rows.TABLE)
    turns, seen = Turns[Check](), SeenRows()
    inventory = Inventory(table, turns=turns, seen=seen)
    lines = Lines(table)
    accepted = AcceptedOrders(Table(service, accepted_orders.TABLE))
    return Shop(
        catalogue=Catalogue(table, seen),
        inventory=inventory,
        lines=lines,
        ended=EndedOrders(table),
        restocks=Restocks(table, lines, turns, seen),
        events=open_queue(account, EVENT_QUEUE),
        failed_events=open_queue(account, POISON_QUEUE),
        payments=Payments(
            PaymentRows(Table(service, PAYMENTS)), inventory.take_reservation, gateway or Ledger()
        ),
        accepted=accepted,
        cleanup=Cleanup(table, accepted),
        retention=retention,
    )


def open_gateway(chosen: settings.GatewaySettings) -> Gateway:
    """Return the gateway that the settings choose; raises SettingsError."""
    if chosen.name == "ledger":
        return Ledger()
    try:
        # Only here, so that the ledger needs no package.
        from ordering.payments.stripe_gateway import StripeGateway
    except ImportError as error:
        raise SettingsError(
            "PAYMENT_GATEWAY=stripe needs the package stripe: pip install -r "
            "requirements-stripe.txt (on Azure, add its line to requirements.txt)."
        ) from error
    return StripeGateway(chosen.api_key, chosen.api_base)


def shop() -> Shop:
    """Return this process's shop; raises SettingsError."""
    chosen = (account_from_settings(), settings.payment_gateway())
    with _lock:
        if chosen not in _shops:
            account, gateway = chosen
            retention = timedelta(days=settings.order_retention_days())
            _shops[chosen] = open_shop(account, open_gateway(gateway), retention)
        return _shops[chosen]
