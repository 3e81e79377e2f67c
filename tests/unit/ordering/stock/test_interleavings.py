"""Every way in which two processes can come between each other's requests, on the real code.

Two processes, three orders, two SKUs. One process does something; before its n-th request the
other one does something else as a whole, with rows that it has cached or not. Whatever comes of
it, the books are right: nothing is sold twice, nothing leaks, and whoever waits is in line.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest

from ordering.model import OrderRequest, parse_order
from ordering.stock.catalogue import Catalogue, parse_stock_item
from ordering.stock.plan import Check
from ordering.stock.reservations import Inventory
from ordering.stock.restocking import Restocked, Restocks
from ordering.stock.rows import WAREHOUSE, id_of, needs_of, order_key, reservation
from ordering.stock.seen_rows import SeenRows
from ordering.stock.turns import Turns
from ordering.stock.waiting import Lines
from tests.in_memory_table import InMemoryTable

SKUS = ("A", "B")
NEEDS: dict[str, dict[str, int]] = {"x": {"A": 2}, "y": {"A": 1, "B": 1}, "z": {"B": 2}}


def order(name: str) -> OrderRequest:
    items = [{"sku": sku, "quantity": quantity} for sku, quantity in NEEDS[name].items()]
    return parse_order(
        {"orderId": name, "customerId": "ada", "items": items, "paymentMethod": "card"}
    )


class Process:
    """The stock as one process sees it: the same table as the others, and a cache of its own."""

    def __init__(self, table: InMemoryTable) -> None:
        turns, seen, lines = Turns[Check](), SeenRows(), Lines(table)  # type: ignore[arg-type]
        self.turns = turns
        self.inventory = Inventory(table, turns=turns, seen=seen)  # type: ignore[arg-type]
        self.restocks = Restocks(table, lines, turns, seen)  # type: ignore[arg-type]
        self.catalogue = Catalogue(table, seen)  # type: ignore[arg-type]

    def do(self, step: str) -> object:
        """Do a step: `check x`, `release x`, `restock A`."""
        what, name = step.split()
        if what == "restock":
            return self.restocks.restock(name, 2)
        if what == "check":
            return self.inventory.check_and_reserve(order(name))
        return self.inventory.release(name)


class World:
    def __init__(self, available: int) -> None:
        self.table = InMemoryTable()
        self.stocked: Counter[str] = Counter()
        self.notified: list[str] = []
        self.processes = [Process(self.table), Process(self.table)]
        for sku in SKUS:
            item = {"description": sku, "unitPrice": 1, "currency": "EUR", "available": available}
            self.processes[0].catalogue.set_item(sku, parse_stock_item(item))
            self.stocked[sku] = available

    def do(self, process: int, step: str) -> object:
        done = self.processes[process].do(step)
        if isinstance(done, Restocked):
            self.stocked[done.sku] += 2
            self.notified += done.notified
        return done

    def between(self, step: str, nth: int, other: str) -> bool:
        """Do a step, and another one of the other process before the n-th request of the first.

        Tells whether there was an n-th request.
        """
        seen, done = 0, False

        def before(_: str) -> None:
            nonlocal seen, done
            seen += 1
            if seen == nth and not done:
                done = True
                self.table.before = lambda request: None
                self.do(1, other)

        self.table.before = before
        try:
            self.do(0, step)
        finally:
            self.table.before = lambda request: None
        return done

    def check_books(self) -> None:
        rows = {key: row for (_, key), row in self.table.rows.items()}
        held: Counter[str] = Counter()
        in_line: Counter[tuple[str, str]] = Counter()
        should_be: Counter[tuple[str, str]] = Counter()
        for key, row in rows.items():
            if key.startswith("order:"):
                if row["state"] == "held":
                    held.update({line.sku: line.quantity for line in reservation(row).lines})
                if row["state"] == "waiting":
                    should_be.update((sku, id_of(row)) for sku in needs_of(row))
                if row["state"] in ("held", "waiting"):
                    assert f"open:{id_of(row)}" in rows, key
            elif key.startswith("waiting:"):
                in_line[key.split(":")[1], id_of(row)] += 1
        assert in_line == should_be
        for sku in SKUS:
            row = rows[f"sku:{sku}"]
            assert row["available"] >= 0
            assert row["available"] + held[sku] == self.stocked[sku] == row["stocked"], sku


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once: here nobody is busy meanwhile."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


STEPS = [f"check {name}" for name in NEEDS] + ["release x", "release y", "restock A"]
BEFORE: list[list[tuple[int, str]]] = [
    [],
    [(0, "check x")],
    [(1, "check x"), (1, "check y")],
    [(0, "check y"), (1, "check z")],
    [(0, "check x"), (0, "check y"), (1, "release x")],
    [(0, "check x"), (1, "restock A"), (0, "check y")],
]


def worlds() -> Iterator[tuple[int, list[tuple[int, str]]]]:
    yield from product((0, 1, 2, 3), BEFORE)


@pytest.mark.parametrize("first", STEPS)
@pytest.mark.parametrize("second", STEPS)
def test_the_books_are_right_whatever_comes_in_between(first: str, second: str) -> None:
    tried = 0
    for available, before in worlds():
        for nth in range(1, 12):
            world = World(available)
            for process, step in before:
                world.do(process, step)
            reached = world.between(first, nth, second)
            world.check_books()
            for name in NEEDS:
                # Whoever asks again is told what the books say.
                answer = world.processes[0].inventory.check_and_reserve(order(name))
                stored = world.table.get(WAREHOUSE, order_key(name))
                assert stored is not None and answer == (stored["state"] == "held")
                world.check_books()
            tried += 1
            if not reached:
                break
    assert tried > 2 * 4 * len(BEFORE)


LATE: list[Callable[[World, str], object]] = [
    lambda world, name: world.do(0, f"check {name}"),
    lambda world, name: world.do(1, f"check {name}"),
    lambda world, name: world.do(1, f"release {name}"),
]


@pytest.mark.parametrize("name", list(NEEDS))
def test_an_order_that_was_released_stays_so_whoever_repeats_what(name: str) -> None:
    for available, repeats in product((0, 5), product(LATE, repeat=3)):
        world = World(available)
        world.do(0, f"check {name}")
        world.do(0, f"release {name}")
        for repeat in repeats:
            repeat(world, name)
            world.check_books()
            stored = world.table.get(WAREHOUSE, order_key(name))
            assert stored is not None and stored["state"] == "released"


@pytest.mark.parametrize("restock_first", [False, True])
@pytest.mark.parametrize("name", list(NEEDS))
def test_no_order_is_stranded_by_a_restock_at_the_same_time(name: str, restock_first: bool) -> None:
    """The check comes up short, and the restock comes before any of its requests, or reversed."""
    sku = next(iter(NEEDS[name]))
    steps = [f"restock {sku}", f"check {name}"]
    first, second = steps if restock_first else reversed(steps)
    for nth in range(1, 12):
        world = World(2)
        for other in NEEDS:
            if other != name and sku in NEEDS[other]:
                world.do(1, f"check {other}")
        if not world.between(first, nth, second):
            assert nth > 2
            return
        world.check_books()
        stored = world.table.get(WAREHOUSE, order_key(name))
        assert stored is not None
        assert stored["state"] == "held" or name in world.notified, nth
    raise AssertionError("more requests than expected")


def test_orders_that_another_process_put_in_line_are_looked_up_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A restock wakes a line of orders, and a process that never saw them checks them as one."""
    world, pauses, requests = World(0), Counter[str](), Counter[str]()
    orders = [order("x").with_id(f"o-{number}") for number in range(33)]
    for each in orders:
        assert not world.processes[0].inventory.check_and_reserve(each)
    for _ in range(33):
        world.do(0, "restock A")
    inventory, busy = world.processes[1].inventory, world.processes[1].turns
    monkeypatch.setattr(time, "sleep", lambda seconds: pauses.update(["pause"]))
    world.table.before = lambda request: requests.update([request])
    with ThreadPoolExecutor(33) as pool:
        with busy.at(["A"]):
            answers = [pool.submit(inventory.check_and_reserve, each) for each in orders]
            while len(busy._waiting) < 33:
                threading.Event().wait(0.01)
        assert all(answer.result() for answer in answers)
    world.check_books()
    # 33 orders are two transactions of 100 operations; each may be refused twice.
    assert pauses["pause"] <= 3 and requests["transact"] <= 6, (pauses, requests)
