"""A round: orders under faults, then rest, then the audit of this round's orders alone."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from tools.audit.books import Books, read_books
from tools.audit.invariants import Violation
from tools.chaos.client import Client
from tools.chaos.fates import Fates
from tools.chaos.injector import Injector
from tools.chaos.load import Load
from tools.chaos.placed import Placed
from tools.chaos.rest import Rest
from tools.chaos.rig import ARCHIVE, Rig
from tools.chaos.scenarios import Customers
from tools.chaos.schedule import Round
from tools.chaos.verdict import judge
from tools.processes import wait_until


@dataclass
class Outcome:
    """What a round came to; times in seconds."""

    plan: Round
    placed: Placed
    ends: Counter[str] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)
    load_seconds: float = 0.0
    rest_seconds: float = 0.0


def run_round(rig: Rig, plan: Round, fates: Fates, rate: float, patience: float) -> Outcome:
    """Run a round and audit it; raises ToolError, and what a customer met that must not be."""
    placed = Placed()
    outcome = Outcome(plan, placed)
    client = Client(lambda: rig.base_url, rig.journal)
    injector = Injector(rig, plan, client, placed)
    load = Load(plan, Customers(plan, client, rig.messages, placed), client, placed, rate)
    began = time.monotonic()
    _under_faults(load, injector)
    outcome.load_seconds = time.monotonic() - began

    record = client.record
    Rest(rig, plan.prefix, record, placed).come()
    record.purged |= placed.those("purge")

    def sound() -> bool:
        rig.sweep()
        rig.wait_for_rest(10)
        fates.tell(record, rig.logs)
        books = read_round(rig, plan)
        outcome.violations = judge(
            books, record, placed, rig.intents, injector.differing, client.broken
        )
        outcome.ends = Counter(order.end for order in books.orders.values())
        return not outcome.violations

    wait_until(sound, patience, 1.0)
    outcome.rest_seconds = time.monotonic() - began - outcome.load_seconds
    # What has ended long ago leaves the warehouse, as it does every hour.
    rig.run_function(ARCHIVE)
    return outcome


def read_round(rig: Rig, plan: Round) -> Books:
    """Read what the app's books say of one round's orders and SKUs, past the proxy."""
    return read_books(rig.connection, rig.base_url, only=plan.prefix)


def _under_faults(load: Load, injector: Injector) -> None:
    over = threading.Event()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            load.run()
        except BaseException as error:  # handed to the thread that waits for it
            failures.append(error)
        finally:
            over.set()

    thread = threading.Thread(target=run, name="load")
    thread.start()
    try:
        injector.run(lambda: load.begun, over)
    finally:
        load.give_up()
        thread.join()
    if failures:
        raise failures[0]
