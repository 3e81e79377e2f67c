"""What an order costs the engine: PlaceOrder as it is, with activities that do nothing."""

import asyncio
import json
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Generator
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import pytest

from durable_sdk import IS_2
from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.app.indexing import definition_of
from functions_emulator.app.settings import DurableSettings
from functions_emulator.durable.events import EventType
from functions_emulator.durable.runtime import DurableRuntime
from functions_emulator.pool.in_process import InProcess
from orchestrators.place_order import place_order
from tests.costs import assert_costs
from tests.usual_answers import BESIDE, CHECK, USUAL, usual

pytestmark = pytest.mark.skipif(IS_2, reason="2.x shows an orchestrator no history to count")

REPLAYS = "calls of the orchestrator"
EVENTS = "history events handed to it in all"
LONGEST = "history events handed to it at once"
TRANSACTIONS = "SQLite transactions"

ROUNDS = (0, 1, 2, 5)


def expected(activities: int, rounds: int) -> dict[str, int]:
    """Return what an order may cost, by its activities and its rounds.

    In a round it waits, and Proceed comes: two turns with the check that follows, which is one of
    the activities. Each activity is a turn, and so is the start. A turn is a transaction, and so
    is what leads to it: the start, an activity's end, an event. It adds four events to the
    history, and the next one replays them all.
    """
    turns = 1 + activities + rounds
    return {
        REPLAYS: turns,
        TRANSACTIONS: 2 * turns,
        LONGEST: 4 * turns - 2,
        EVENTS: 2 * turns**2,
    }


AT_ONCE = 16
# Of what the orders would cost one after the other: 6 of 96 transactions on a quiet machine.
MOST_AT_ONCE = 0.5

# Seconds until an order must be where it is awaited; hundredths on a quiet machine.
PATIENCE = 30.0


class Transactions:
    """Counts what SQLite commits, implicitly too; a trace callback."""

    def __init__(self) -> None:
        self.count = 0
        self._is_open = False

    def __call__(self, statement: str) -> None:
        verb = statement.split(maxsplit=1)[0].upper()
        if verb in ("COMMIT", "END"):
            self.count += 1
        elif verb in ("INSERT", "UPDATE", "DELETE", "REPLACE") and not self._is_open:
            self.count += 1
        if verb in ("BEGIN", "COMMIT", "END", "ROLLBACK"):
            self._is_open = verb == "BEGIN"


class CountedEngine:
    """Takes orders to their invoices on an engine of its own."""

    def __init__(self, state: Path, transactions: Transactions) -> None:
        self._transactions = transactions
        self.activities = 0
        self._replayed: list[int] = []
        self._short: Counter[str] = Counter()
        functions = [definition_of(function) for function in self._app().get_functions()]
        self._workers = InProcess(functions)
        self._runtime = DurableRuntime(
            DurableSettings(),
            _with_trigger(functions, "orchestrationTrigger"),
            _with_trigger(functions, "activityTrigger"),
            self._workers,
            state,
        )

    def run(self, test: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a coroutine with the engine at work."""

        async def running() -> None:
            async with self._workers:
                await self._runtime.start()
                try:
                    await test()
                finally:
                    await self._runtime.stop()

        asyncio.run(running())

    async def cost(self, orders: int, rounds: int) -> dict[str, int]:
        """Take orders, all at once, to their invoices; give what they cost together."""
        self.activities = 0
        self._replayed.clear()
        before = self._transactions.count
        await asyncio.gather(*(self._order(f"order-{number}", rounds) for number in range(orders)))
        return {
            REPLAYS: len(self._replayed),
            TRANSACTIONS: self._transactions.count - before,
            LONGEST: max(self._replayed),
            EVENTS: sum(self._replayed),
        }

    async def _order(self, order_id: str, rounds: int) -> None:
        self._short[order_id] = rounds
        order = {
            "orderId": order_id,
            "customerId": "ada",
            "items": [{"sku": "TEA", "quantity": 1}],
            "paymentMethod": "pm_card_visa",
        }
        client = self._runtime.client
        await client.start("PlaceOrder", order_id, json.dumps(order))
        for attempt in range(1, rounds + 1):
            await self._until(order_id, {"stage": "AwaitingProceed", "attempt": attempt})
            await client.raise_event(order_id, "Proceed", "null")
        await self._until(order_id, {"stage": "Invoiced"})

    async def _until(self, order_id: str, wanted: dict[str, Any]) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            status = self._runtime.client.get(order_id)
            assert status is not None
            if wanted.items() <= json.loads(status.custom_status or "{}").items():
                return
            assert not status.ended, status.output
            # It would be tried again for minutes: an activity that is not in the app, say.
            failures = self._failures(order_id)
            assert not failures, f"{order_id}: {failures}"
            assert time.monotonic() < deadline, (
                f"{order_id} is not {wanted} after {PATIENCE:g} s, but {status.custom_status}"
            )
            await asyncio.sleep(0.002)

    def _failures(self, order_id: str) -> list[str]:
        history = [each.event for each in self._runtime.client.history(order_id)]
        return [each["Reason"] for each in history if each["EventType"] == EventType.TASK_FAILED]

    def _app(self) -> df.DFApp:
        app = df.DFApp()
        code = place_order.build().get_user_function().orchestrator_function

        @app.function_name("PlaceOrder")
        @app.orchestration_trigger(context_name="context")
        def counted(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
            self._replayed.append(len(context.histories))
            return (yield from code(context))

        for name in USUAL | BESIDE:
            app.register_functions(self._activity(name))
        return app

    def _activity(self, name: str) -> df.Blueprint:
        bp = df.Blueprint()

        @bp.function_name(name)
        @bp.activity_trigger(input_name="order")
        def answer(order: dict) -> object:  # type: ignore[type-arg]
            self.activities += 1
            if name != CHECK:
                return usual(name)
            self._short[order["orderId"]] -= 1
            return self._short[order["orderId"]] < 0

        return bp


def _with_trigger(functions: list[FunctionDefinition], kind: str) -> dict[str, FunctionDefinition]:
    return {each.durable_name: each for each in functions if each.trigger.type == kind}


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CountedEngine:
    transactions = Transactions()
    connect = sqlite3.connect

    def traced(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **options)
        connection.set_trace_callback(transactions)
        return connection

    monkeypatch.setattr(sqlite3, "connect", traced)
    return CountedEngine(tmp_path / "state.db", transactions)


@pytest.mark.parametrize("rounds", ROUNDS)
def test_what_an_order_costs_the_engine(engine: CountedEngine, rounds: int) -> None:
    async def test() -> None:
        counted = await engine.cost(orders=1, rounds=rounds)
        costs = expected(engine.activities, rounds)
        assert_costs(f"an order with {rounds} rounds", costs, counted)

    engine.run(test)


@pytest.mark.parametrize("rounds", [0, 2])
def test_orders_at_once_share_transactions_and_nothing_else(
    engine: CountedEngine, rounds: int
) -> None:
    async def test() -> None:
        counted = await engine.cost(orders=AT_ONCE, rounds=rounds)
        one = expected(engine.activities // AT_ONCE, rounds)
        assert counted.pop(TRANSACTIONS) <= MOST_AT_ONCE * AT_ONCE * one[TRANSACTIONS]
        all_of_them = {REPLAYS: AT_ONCE * one[REPLAYS], EVENTS: AT_ONCE * one[EVENTS]}
        assert_costs(f"{AT_ONCE} orders", {**all_of_them, LONGEST: one[LONGEST]}, counted)

    engine.run(test)
