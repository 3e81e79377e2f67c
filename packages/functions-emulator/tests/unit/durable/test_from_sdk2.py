"""What was begun on azure-functions-durable 2.x and is met by 1.x fails clearly or goes on."""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import pytest

from functions_emulator.durable import outgoing, reading
from functions_emulator.durable.clock import Clock
from functions_emulator.durable.context import Scheduled
from functions_emulator.durable.decision import Decision, Orchestrators
from functions_emulator.durable.engine import Engine
from functions_emulator.durable.entities.batch import JsonEntities
from functions_emulator.durable.events import EventType, Recorded, event_raised
from functions_emulator.durable.instance import Instance
from functions_emulator.durable.json_orchestrators import JsonOrchestrators
from functions_emulator.durable.known import KnownFunctions
from functions_emulator.durable.store import Store
from functions_emulator.failures import FunctionError

KNOWN = KnownFunctions(frozenset({"check"}), frozenset({"order"}))
FAR = datetime(2199, 1, 1, tzinfo=timezone.utc)

pytestmark = pytest.mark.filterwarnings("ignore:.*expected.type:DeprecationWarning")


class AsSdk2(Orchestrators):
    """Schedule an activity, and then a timer beside a wait, numbered from 1 on."""

    async def decide(self, instance: Instance, new: Sequence[Recorded]) -> Decision:
        if not instance.history:
            call = Scheduled(EventType.TASK_SCHEDULED, 1, "check", '{"n":1}', as_is=True)
            return Decision([call])
        return Decision([Scheduled(EventType.TIMER_CREATED, 2, fire_at=FAR)])


def order(context: df.DurableOrchestrationContext) -> Any:
    yield context.call_activity("check", {"n": 1})
    timer = context.create_timer(FAR)
    yield context.task_any([context.wait_for_external_event("Go"), timer])
    return "done"


def by_sdk1() -> Orchestrators:
    handle = df.Orchestrator.create(order)

    async def run(name: str, body: str, instance_id: str) -> str:
        try:
            return str(handle(body))
        except Exception as error:
            raise FunctionError.of(error) from error

    return JsonOrchestrators(run, KNOWN)


async def answers(*_: Any) -> str:
    return "true"


async def never(*_: Any) -> str:
    await asyncio.Event().wait()
    return ""


def engine_on(store: Store, orchestrators: Orchestrators, act: Any) -> Engine:
    engine = Engine(store, Clock(), KNOWN, orchestrators, act, JsonEntities(never), 1, 1)
    engine.start()
    return engine


async def until(store: Store, kind: EventType) -> None:
    while kind not in [e.event["EventType"] for e in reading.history(store.connection, "order")]:
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("waits", [True, False], ids=["waiting", "activity under way"])
def test_an_order_in_flight_fails_with_the_first_thing_that_wakes_it(
    tmp_path: Path, waits: bool
) -> None:
    async def run() -> tuple[str, Any]:
        store = Store(tmp_path / "state.db")
        store.open()
        engine = engine_on(store, AsSdk2(), answers if waits else never)
        started = outgoing.start(engine.next_id, Clock().now(), "order", "order", '{"a":1}')
        await engine.begin(*started)
        await until(store, EventType.TIMER_CREATED if waits else EventType.TASK_SCHEDULED)
        await engine.stop()
        engine = engine_on(store, by_sdk1(), answers)
        if waits:
            found = reading.status(store.connection, "order")
            assert found is not None and found.runtime_status == "Running"
            await engine.send(("order", event_raised(Clock().now(), "Go", "{}")))
        while not ((found := reading.status(store.connection, "order")) and found.ended):
            await asyncio.sleep(0.001)
        await engine.stop()
        store.close()
        return found.runtime_status, json.loads(found.output or "null")

    status, output = asyncio.run(asyncio.wait_for(run(), 20))
    assert status == "Failed"
    assert "Non-Deterministic workflow detected" in output
    assert "scheduled the activity 'check' with sequence ID 1" in output
