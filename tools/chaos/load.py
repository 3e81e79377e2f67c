"""The load of a round: customers who wait for their orders, or orders at a rate of their own."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from tools.chaos.client import Client
from tools.chaos.placed import Placed
from tools.chaos.scenarios import Customers
from tools.chaos.schedule import Round

CUSTOMERS = 32
# An open loop has more orders under way when the app is slow; no more than that, though.
MOST = 64
# How long a customer of a closed loop waits for the end of an order.
WAIT_SECONDS = 6.0
FIRST_LOOK_SECONDS = 0.4
# After so many of the orders one of these is read.
LOOKS = 0.2
_READS = (
    "/api/orders/{0}",
    "/api/orders/{0}/history",
    "/api/orders?top=20",
    "/api/orders?stage=AwaitingProceed",
    "/api/orders?stage=Cancelled&top=5",
    "/api/inventory?top=20",
    "/api/events/failed",
)
_ENDED = ("Completed", "Failed", "Terminated", "Canceled")


class Load:
    """Serves the orders of a round; `begun` is how many were begun so far."""

    def __init__(
        self, plan: Round, customers: Customers, client: Client, placed: Placed, rate: float
    ) -> None:
        self.begun = 0
        self._plan = plan
        self._customers = customers
        self._client = client
        self._placed = placed
        self._rate = rate
        self._lock = threading.Lock()
        self._over = threading.Event()

    def run(self) -> None:
        """Place all orders of the round; raises what a customer met that must not be."""
        self._customers.open()
        if self._plan.is_open:
            self._run_open()
        else:
            self._run_closed()

    def give_up(self) -> None:
        """Begin no more orders; `run` returns when those under way are done."""
        self._over.set()

    def _run_open(self) -> None:
        chance = self._plan.chance("rate")
        due = time.monotonic()
        with ThreadPoolExecutor(MOST) as pool:
            orders: list[Future[None]] = []
            for number in range(len(self._plan.scenarios)):
                due += chance.expovariate(self._rate)
                if self._over.wait(max(0.0, due - time.monotonic())):
                    break
                orders.append(pool.submit(self._serve, number))
            _all(orders)

    def _run_closed(self) -> None:
        numbers = itertools.count()

        def customer() -> None:
            while (number := next(numbers)) < len(self._plan.scenarios) and not self._over.is_set():
                self._serve(number, self._wait_for_end)

        with ThreadPoolExecutor(CUSTOMERS) as pool:
            _all([pool.submit(customer) for _ in range(CUSTOMERS)])

    def _serve(self, number: int, then: Callable[[str], None] = lambda order_id: None) -> None:
        if self._over.is_set():
            return
        with self._lock:
            self.begun += 1
        order_id = self._plan.order_id(number)
        try:
            self._customers.serve(number)
            if self._plan.scenarios[number] != "expired":
                then(order_id)
            self._look_around(number, order_id)
        except BaseException:
            self.give_up()
            raise
        finally:
            self._placed.leave(order_id)

    def _look_around(self, number: int, order_id: str) -> None:
        """Read as a page or a person would, once in a while: no answer may be a 500."""
        chance = self._plan.chance("look", number)
        if chance.random() < LOOKS:
            self._client.ask("GET", chance.choice(_READS).format(order_id))

    def _wait_for_end(self, order_id: str) -> None:
        end, pause = time.monotonic() + WAIT_SECONDS, FIRST_LOOK_SECONDS
        while time.monotonic() < end:
            time.sleep(pause)
            # So many customers would keep the app busy with nothing but their looks.
            pause *= 1.5
            answer = self._client.ask("GET", f"/api/orders/{order_id}")
            # 404: purged.
            if answer.status == 404 or (
                answer.status == 200 and answer.json()["runtimeStatus"] in _ENDED
            ):
                return


def _all(futures: list[Future[None]]) -> None:
    for future in futures:
        future.result()
