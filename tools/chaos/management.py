"""What an operator does to orders at random, by the management API of Durable Functions."""

from __future__ import annotations

import random

from tools.chaos.client import Client
from tools.chaos.journal import Journal
from tools.chaos.placed import Placed

INSTANCES = "/runtime/webhooks/durabletask/instances"
# Of the orders that were placed last: some have ended, some have not.
_YOUNG = 25
_TRIES = 5
_LEFT_ALONE = {"restart", "purge"}
# It has ended or has not, or is not there: nothing was done.
_REFUSED = (400, 404, 409, 410)


class Operator:
    """Does one thing to one order at a time, and writes down what was really done."""

    def __init__(self, client: Client, journal: Journal, placed: Placed) -> None:
        self.suspended: list[str] = []
        self._client = client
        self._journal = journal
        self._placed = placed

    def do(self, kind: str, chance: random.Random) -> None:
        """Terminate, suspend, purge or restart one of the orders that allow it, if any does."""
        young = self._placed.latest(_YOUNG * (4 if kind.startswith("restart") else 1))
        # A restarted order that is terminated before its first check shows no invoice any more,
        # though it was sold: no code of the app has run that could tell the sweep.
        orders = [order for order in young if not _LEFT_ALONE & set(order.done)]
        for order in chance.sample(orders, min(_TRIES, len(orders))):
            # Before it is done: the order's customer may meet it at once.
            self._placed.note(order.order_id, kind)
            status = self._try(kind, order.order_id)
            if status in (200, 202):
                self._journal.note(kind, [order.order_id], order.scenario)
                return
            if status in _REFUSED:
                order.done.remove(kind)
            # Without an answer, or with one from a host in trouble, it may have been done.

    def resume_one(self) -> None:
        """Resume the order that was suspended first."""
        if self.suspended and self._ask("POST", self.suspended[0], "/resume?reason=chaos"):
            self.suspended.pop(0)

    def resume(self, order_id: str) -> None:
        """Resume an order, whether it is suspended or not."""
        self._ask("POST", order_id, "/resume?reason=chaos")

    def _try(self, kind: str, order_id: str) -> int:
        if kind == "purge":
            return self._ask("DELETE", order_id, "")
        if kind == "suspend":
            self.suspended.append(order_id)
        if kind in ("suspend", "terminate"):
            return self._ask("POST", order_id, f"/{kind}?reason=chaos")
        new_id = "true" if kind == "restart-copy" else "false"
        return self._ask("POST", order_id, f"/restart?restartWithNewInstanceId={new_id}")

    def _ask(self, method: str, order_id: str, path: str) -> int:
        return self._client.manage(method, f"{INSTANCES}/{order_id}{path}")
