"""A run: an app of its own, several senders, then rest, an audit, and a look at the log."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.e2e.running_app import RunningApp, order_for
from tests.fuzz.inputs import BYSTANDER, SKUS
from tests.fuzz.sending import FUNCTION_KEY, Sent, send_many
from tools.audit.books import read_books
from tools.audit.invariants import check
from tools.audit.record import Record
from tools.azurite import DEVELOPMENT_KEY, Azurite
from tools.hosts import free_port
from tools.processes import wait_until

STRIPE_KEY = "sk_test_canary"
SECRETS = (FUNCTION_KEY, DEVELOPMENT_KEY, STRIPE_KEY, "SharedAccessSignature", "SharedKey ")
LIVE = ("Pending", "CheckingInventory", "AwaitingProceed", "ProcessingPayment")
SETTINGS = {
    "FUNCTIONS_WORKER_PROCESS_COUNT": "3",
    # Not used, as the ledger takes the money: none of it may be shown all the same.
    "STRIPE_API_KEY": STRIPE_KEY,
}


@dataclass
class Report:
    """What was sent and what is wrong."""

    sent: list[Sent]
    orders: Counter[str]
    seconds: float
    troubles: list[str]

    @property
    def inputs(self) -> int:
        return sum(each.inputs for each in self.sent)

    @property
    def answers(self) -> Counter[str]:
        return sum((each.answers for each in self.sent), Counter())

    @property
    def largest(self) -> int:
        return max(each.largest for each in self.sent)


def fuzz(folder: Path, inputs: int, seed: int, senders: int = 2, rest: float = 600) -> Report:
    """Send so many inputs to an app, and tell what is wrong then; `rest` in seconds."""
    with Azurite(
        location=folder / "azurite", ports=(free_port(), free_port(), free_port())
    ) as azurite:
        app = RunningApp(azurite.connection_string(), folder, SETTINGS)
        try:
            app.host.start()
            return _fuzz(app, inputs, seed, senders, rest)
        finally:
            app.host.stop()
            app.events.close()


def _fuzz(app: RunningApp, inputs: int, seed: int, senders: int, rest: float) -> Report:
    for sku in SKUS:
        app.set_stock(sku, 50)
    app.set_stock(BYSTANDER, 0)
    bystander = order_for(BYSTANDER)
    app.place(bystander)
    app.wait_for(bystander["orderId"], "AwaitingProceed")
    began = time.monotonic()
    sent = list(_send(app, inputs, seed, senders))
    seconds = time.monotonic() - began
    troubles = [trouble for each in sent for trouble in each.troubles]
    if app.order(bystander["orderId"])["stage"] != "AwaitingProceed":
        troubles.append("The bystander's order does not wait any more.")
    troubles += _come_to_rest(app, rest)
    books = read_books(app.storage, app.host.base_url)
    ends = Counter(order.end for order in books.orders.values())
    log = app.host.log
    troubles += [
        f"The log shows {secret[:8]}...: {line[:200]}"
        for secret in SECRETS
        for line in log.splitlines()
        if secret in line
    ]
    return Report(sent, ends, seconds, troubles)


def _send(app: RunningApp, inputs: int, seed: int, senders: int) -> Iterator[Sent]:
    context = get_context("spawn")
    started = []
    for number in range(senders):
        ours, theirs = context.Pipe()
        share = inputs // senders + (number < inputs % senders)
        given = (app.host.base_url, app.storage, seed * 1_000_000 + number * 10_000, share, theirs)
        process: Any = context.Process(target=send_many, args=given)
        process.start()
        theirs.close()
        started.append((process, ours))
    for process, ours in started:
        try:
            yield ours.recv()
        finally:
            process.join(60)


def _come_to_rest(app: RunningApp, rest: float) -> list[str]:
    """End what waits, and tell what does not come to its end, and what the auditor finds."""

    def live() -> list[str]:
        found: list[str] = []
        for stage in LIVE:
            listed = app.call("GET", f"/api/orders?stage={stage}").json()["orders"]
            found += [order["orderId"] for order in listed]
            if stage == "AwaitingProceed":
                for order in listed:
                    app.call("POST", f"/api/orders/{order['orderId']}/events/Cancel")
        return found

    troubles = []
    # The clock of the emulator can be moved: what is tried again need not be waited for.
    clock = {"advanceSeconds": 5}

    def at_rest() -> bool:
        app.call("POST", "/admin/emulator/clock", clock)
        return not live() and app.events.messages() == 0

    if not wait_until(at_rest, rest, 0.5):
        troubles.append(f"Stuck: {live()[:10]}, {app.events.messages()} messages on the queue")
    app.call("POST", "/admin/functions/SweepOrders", {"input": ""})
    found: list[str] = []

    def sound() -> bool:
        books = read_books(app.storage, app.host.base_url)
        found[:] = [f"Audit: {each.text}" for each in check(books, Record())]
        return not found

    wait_until(sound, 20, 0.5)
    return troubles + found
