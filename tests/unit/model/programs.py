"""The app's real code, one storage request at a time, as a function of the answers it got.

A program is an activity, the sweep, a restock or the like. It is run from its beginning with the
answers that are known; the request that has no answer yet ends the run. So where a program stands
is a value: what it is, what its process had cached, and the answers so far. It can be compared,
kept, gone on with twice, or forgotten as a process that is killed.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from activities import inventory, payment
from clients import events, sweep
from ordering import accepted_orders
from ordering.accepted_orders import AcceptedOrders
from ordering.cleanup import Cleanup
from ordering.errors import OrderingError
from ordering.payments.ledger import Ledger
from ordering.payments.payments import Payments
from ordering.payments.rows import TABLE as PAYMENTS
from ordering.payments.rows import PaymentRows
from ordering.shop import Shop
from ordering.stock import rows
from ordering.stock.ended import EndedOrders
from ordering.stock.plan import Check
from ordering.stock.reservations import Inventory
from ordering.stock.restocking import Restocks
from ordering.stock.seen_rows import SeenRows
from ordering.stock.turns import Turns
from ordering.stock.waiting import Lines
from tests.unit.model.asking import Answer, Pause, Replay, Request, Seen, freeze, thaw
from tests.unit.model.replayed import (
    ReplayedClient,
    ReplayedGateway,
    ReplayedQueue,
    ReplayedTable,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)

Cache = tuple[Seen, ...]


class Caches(NamedTuple):
    """What a process has cached: rows that it saw, and what it reserved itself."""

    seen: Cache = ()
    held: Cache = ()


class Stands(NamedTuple):
    """Where a program stands: at a request, or at its end."""

    request: Request | None
    result: Any = None
    failed: bool = False
    caches: Caches = Caches()


def _shop(replay: Replay, seen: SeenRows, held: SeenRows, ledger: bool) -> Shop:
    table: Any = ReplayedTable(replay, rows.TABLE)
    turns = Turns[Check]()
    stock = Inventory(table, lambda: NOW, turns, seen)
    stock._held = held
    lines = Lines(table)
    accepted = AcceptedOrders(ReplayedTable(replay, accepted_orders.TABLE))  # type: ignore[arg-type]
    payment_rows = PaymentRows(ReplayedTable(replay, PAYMENTS))  # type: ignore[arg-type]
    gateway: Any = Ledger() if ledger else ReplayedGateway(replay)
    return Shop(
        catalogue=SimpleNamespace(),  # type: ignore[arg-type]
        inventory=stock,
        lines=lines,
        ended=EndedOrders(table),
        restocks=Restocks(table, lines, turns, seen, lambda: NOW),
        events=ReplayedQueue(replay),  # type: ignore[arg-type]
        failed_events=ReplayedQueue(replay),  # type: ignore[arg-type]
        payments=Payments(payment_rows, stock.take_reservation, gateway, lambda: NOW),
        accepted=accepted,
        cleanup=Cleanup(table, accepted, lambda: NOW),
        retention=timedelta(days=100_000),
    )


_ACTIVITIES = {
    "CheckAndReserveInventory": inventory.check_and_reserve_inventory,
    "ProcessPayment": payment.process_payment,
    "ReleaseInventory": inventory.release_inventory,
    "RefundPayment": payment.refund_payment,
}
_FUNCTIONS = {name: activity.build().get_user_function() for name, activity in _ACTIVITIES.items()}
_SWEEP = sweep.sweep_orders.build().get_user_function().client_function


def _run(name: str, argument: str, shop: Shop, replay: Replay) -> Any:
    if name in _FUNCTIONS:
        return _FUNCTIONS[name](json.loads(argument))
    if name == "sweep":
        coroutine = _SWEEP(timer=None, client=ReplayedClient(replay), binding="{}")
        try:
            coroutine.send(None)
        except StopIteration:
            return None
        raise AssertionError("the sweep waits for something that is not of this world")
    if name == "restock":
        return shop.restock(argument, 1, "the one")
    assert name == "pass on", name
    return events._pass_on(argument)


class OneByOne:
    """asyncio as the sweep uses it, without a loop: one thing after the other."""

    @staticmethod
    async def to_thread(work: Any, *arguments: Any) -> Any:
        return work(*arguments)

    @staticmethod
    async def gather(*work: Any) -> list[Any]:
        try:
            return [await each for each in work]
        finally:
            for each in work:
                each.close()


class Programs:
    """Runs programs, each part of each once: what was found is kept."""

    def __init__(self, ledger: bool) -> None:
        self._ledger = ledger
        self._known: dict[Any, Stands] = {}
        self.runs = 0

    def stands(
        self, name: str, argument: str, caches: Caches, answers: tuple[Answer, ...]
    ) -> Stands:
        """Return where a program stands that started so and was answered so."""
        known = (name, argument, caches, answers)
        found = self._known.get(known)
        if found is None:
            self.runs += 1
            found = self._known[known] = self._run(name, argument, caches, answers)
        return found

    def _run(self, name: str, argument: str, caches: Caches, answers: tuple[Answer, ...]) -> Stands:
        replay = Replay(answers)
        seen, held = SeenRows(), SeenRows()
        seen.put({each.key[1]: thaw(each) for each in caches.seen})
        held.put({each.key[1]: thaw(each) for each in caches.held})
        shop = _shop(replay, seen, held, self._ledger)
        for module in (inventory, payment, sweep, events):
            module.shop = lambda: shop  # type: ignore[attr-defined]
        try:
            result = _run(name, argument, shop, replay)
        except Pause as pause:
            return Stands(pause.request)
        except OrderingError as error:
            return Stands(None, repr(error), True, Caches(_dump(seen), _dump(held)))
        text = json.dumps(result, sort_keys=True) if name in _FUNCTIONS else None
        return Stands(None, text, False, Caches(_dump(seen), _dump(held)))


def _dump(cache: SeenRows) -> Cache:
    return tuple(
        sorted(
            Seen(rows.TABLE, (rows.WAREHOUSE, key), freeze(row), row.etag == "now")
            for key, row in cache._rows.items()
        )
    )


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the app's modules ask the world, with no pause and no event loop."""
    for module in (inventory, payment, sweep, events):
        monkeypatch.setattr(module, "shop", module.shop)
    monkeypatch.setattr(sweep, "asyncio", OneByOne)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
