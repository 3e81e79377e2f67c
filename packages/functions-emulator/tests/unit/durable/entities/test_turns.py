"""Entities on an engine, with a function that notes what it is given."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from functions_emulator.durable import outgoing, reading
from functions_emulator.durable.actions import Action, ActionType
from functions_emulator.durable.clock import Clock, to_text
from functions_emulator.durable.engine import Engine
from functions_emulator.durable.entities.batch import JsonEntities
from functions_emulator.durable.entities.client import EntityClient
from functions_emulator.durable.entities.ids import EntityId
from functions_emulator.durable.entities.messages import Request, request_event
from functions_emulator.durable.json_orchestrators import JsonOrchestrators
from functions_emulator.durable.known import KnownFunctions
from functions_emulator.durable.store import Store

KNOWN = KnownFunctions((), ("run",), ("counter", "other"))
COUNTER = EntityId.of("counter", "a")
OTHER = EntityId.of("other", "b")


class World:
    """An engine whose entities add up the inputs of `add`; `gate` holds them up."""

    def __init__(self, path: Path, limit: int = 5000, known: KnownFunctions = KNOWN) -> None:
        self.store = Store(path)
        self.store.open()
        self.clock = Clock()
        self.batches: list[tuple[str, list[str]]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.ran = asyncio.Condition()
        self.broken = False
        self.signals: list[dict[str, Any]] = []
        self.actions: list[Action] = []
        self.engine = Engine(
            self.store,
            self.clock,
            known,
            JsonOrchestrators(self.orchestrate, known),
            self._fail,
            JsonEntities(self.run),
            4,
            1,
            limit,
        )
        self.client = EntityClient(self.store, self.engine, self.clock, known)

    async def _fail(self, *_: Any) -> Any:
        raise AssertionError("nothing here is an activity")

    async def orchestrate(self, *_: Any) -> str:
        return json.dumps({"schemaVersion": 1, "actions": [self.actions], "isDone": True})

    async def orchestration(self) -> None:
        """Run an orchestration that takes `actions` and ends."""
        now = self.clock.now()
        await self.engine.begin(*outgoing.start(self.engine.next_id, now, "run", "run", None))
        await until(lambda: self.has_ended("run"))

    def has_ended(self, instance_id: str) -> bool:
        found = reading.status(self.store.connection, instance_id)
        return found is not None and found.ended

    async def run(self, name: str, body: str, instance_id: str) -> str:
        trigger = json.loads(body)
        async with self.ran:
            self.batches.append((instance_id, [each["name"] for each in trigger["batch"]]))
            self.ran.notify_all()
        await self.gate.wait()
        if self.broken:
            raise ValueError("cannot be written as JSON")
        total = json.loads(trigger["state"] or "0")
        results = []
        for each in trigger["batch"]:
            total += json.loads(each["input"] or "0")
            results.append({"isError": False, "result": json.dumps(total)})
        signals, self.signals = self.signals, []
        return json.dumps(
            {
                "entityExists": True,
                "entityState": json.dumps(total),
                "results": results,
                "signals": signals,
            }
        )

    async def add(self, *values: int, to: EntityId = COUNTER) -> None:
        for value in values:
            await self.client.signal(to, f"add {value}", json.dumps(value))

    async def until_ran(self, batches: int) -> None:
        async with self.ran:
            await asyncio.wait_for(self.ran.wait_for(lambda: len(self.batches) >= batches), 10)

    async def until_state(self, wanted: str, of: EntityId = COUNTER) -> None:
        await until(lambda: self.client.read(of) == wanted)

    async def stop(self) -> None:
        await self.engine.stop()
        self.store.close()

    def kill(self) -> None:
        """End it as a kill does: what is not committed is gone."""
        self.store.connection.close()
        self.store._connection = None


async def until(condition: Callable[[], Any]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


def play(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 20))


def test_what_comes_while_a_batch_runs_is_the_next_batch(tmp_path: Path) -> None:
    async def test() -> None:
        world = World(tmp_path / "state.db")
        world.engine.start()
        world.gate.clear()
        await world.add(1)
        await world.until_ran(1)
        await world.add(2, 3, 4)
        world.gate.set()
        await world.until_state("10")
        assert world.batches == [
            ("@counter@a", ["add 1"]),
            ("@counter@a", ["add 2", "add 3", "add 4"]),
        ]
        await world.stop()

    play(test)


def test_a_batch_has_a_limit_and_the_rest_keeps_its_order(tmp_path: Path) -> None:
    async def test() -> None:
        before = World(tmp_path / "state.db")
        await before.add(1, 2, 3, 4, 5)
        await before.stop()
        world = World(tmp_path / "state.db", limit=2)
        world.engine.start()
        await world.until_state("15")
        names = [names for _, names in world.batches]
        assert names == [["add 1", "add 2"], ["add 3", "add 4"], ["add 5"]]
        await world.stop()

    play(test)


def test_entities_do_not_wait_for_one_another(tmp_path: Path) -> None:
    async def test() -> None:
        world = World(tmp_path / "state.db")
        world.engine.start()
        world.gate.clear()
        await world.add(1)
        await world.add(2, to=OTHER)
        await world.until_ran(2)  # both at once: neither can end yet
        world.gate.set()
        await world.until_state("1")
        await world.until_state("2", of=OTHER)
        await world.stop()

    play(test)


def test_a_batch_cut_off_by_a_kill_runs_again_from_the_state_before(tmp_path: Path) -> None:
    async def test() -> None:
        world = World(tmp_path / "state.db")
        world.engine.start()
        await world.add(1)
        await world.until_state("1")
        world.gate.clear()
        await world.add(2, 3)
        await world.until_ran(2)
        world.kill()
        after = World(tmp_path / "state.db")
        assert after.client.read(COUNTER) == "1"
        after.engine.start()
        await after.until_state("6")
        assert after.batches == [("@counter@a", ["add 2", "add 3"])]
        await after.stop()

    play(test)


def test_an_answer_and_a_signal_go_out_with_the_state_or_not_at_all(tmp_path: Path) -> None:
    async def test() -> None:
        world = World(tmp_path / "state.db")
        world.signals = [{"target": {"name": "Nobody", "key": "x"}, "name": "add", "input": "7"}]
        call = Request("add", "1", "5", parent="orchestration", parent_execution="e1")
        event = request_event(world.clock.now(), call)
        world.engine.start()
        world.gate.clear()
        await world.engine.send((COUNTER.instance_id, event))
        await world.until_ran(1)
        statements: list[str] = []
        world.store.connection.set_trace_callback(statements.append)
        world.gate.set()
        await world.until_state("5")
        world.store.connection.set_trace_callback(None)
        batch = statements[: statements.index("COMMIT")]
        sent = [line for line in batch if "INSERT INTO messages" in line]
        assert ["orchestration" in line and "'e1'" in line for line in sent] == [True, False]
        assert "@nobody@x" in sent[1]
        assert any("INTO instances" in line and "@counter@a" in line for line in batch)
        assert any("DELETE FROM messages" in line for line in batch)
        await world.stop()

    play(test)


def test_a_function_that_fails_as_a_whole_keeps_its_queue_and_runs_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        world = World(tmp_path / "state.db")
        world.broken = True
        world.engine.start()
        await world.add(1)
        await world.until_ran(1)
        await world.add(2)
        await until(lambda: "run again in 2 s" in caplog.text)
        assert world.client.read(COUNTER) is None
        assert len(world.batches) == 1  # it pauses, although more has come
        await world.stop()
        repaired = World(tmp_path / "state.db")
        repaired.engine.start()
        await repaired.until_state("3")
        assert repaired.batches == [("@counter@a", ["add 1", "add 2"])]
        await repaired.stop()

    play(test)
    assert "@counter@a: the entity function 'counter' failed as a whole" in caplog.text
    assert "ValueError: cannot be written as JSON" in caplog.text


def test_operations_of_a_function_that_is_gone_fail_by_name(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        world = World(tmp_path / "state.db")
        await world.add(1)
        await world.stop()
        without = World(tmp_path / "state.db", known=KnownFunctions((), (), ("other",)))
        without.engine.start()
        await until(lambda: not list(reading.messages(without.store.connection)))
        assert without.client.read(COUNTER) is None
        assert without.batches == []
        await without.stop()

    play(test)
    assert "'counter' doesn't exist, is disabled, or is not an entity function" in caplog.text


def test_a_signal_for_later_waits_for_the_clock(tmp_path: Path) -> None:
    async def test() -> None:
        world = World(tmp_path / "state.db")
        fire_at = to_text(world.clock.now() + timedelta(hours=1))
        world.actions = [
            {
                "actionType": ActionType.SCHEDULED_SIGNAL_ENTITY,
                "instanceId": "@counter@a",
                "operation": "add 2",
                "input": 2,
                "fireAt": fire_at,
            }
        ]
        world.engine.start()
        await world.orchestration()
        [waiting] = list(reading.messages(world.store.connection))
        assert waiting.event.event["Name"] == f"op@{fire_at}"
        assert world.batches == []
        world.clock.advance(3600)
        await world.until_state("2")
        await world.stop()

    play(test)


def test_a_batch_that_runs_during_a_reset_leaves_nothing(tmp_path: Path) -> None:
    async def test() -> None:
        world = World(tmp_path / "state.db", limit=1)
        world.engine.start()
        world.gate.clear()
        await world.add(1, 2)
        await world.until_ran(1)
        await world.engine.reset()
        world.gate.set()
        await until(lambda: not world.engine.is_at_work())
        assert world.client.read(COUNTER) is None
        await world.add(5)
        await world.until_state("5")
        await world.stop()

    play(test)


def test_a_batch_that_failed_before_a_reset_holds_nothing_up_after_it(tmp_path: Path) -> None:
    async def test() -> None:
        world = World(tmp_path / "state.db")
        world.engine.start()
        world.broken = True
        await world.add(1)
        await until(lambda: world.engine._mailbox._held)
        await world.engine.reset()
        world.broken = False
        loop = asyncio.get_running_loop()
        start = loop.time()
        await world.add(5)
        await world.until_state("5")
        assert loop.time() - start < 2  # the first failure would have waited for so long
        await world.stop()

    play(test)
