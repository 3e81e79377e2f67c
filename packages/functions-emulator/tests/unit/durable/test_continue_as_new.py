"""What comes to an instance in the very turn that continues it as new."""

import asyncio
import json
from pathlib import Path
from typing import Any

from functions_emulator.durable import outgoing
from functions_emulator.durable.actions import Action, ActionType
from functions_emulator.durable.clock import Clock
from functions_emulator.durable.engine import Engine
from functions_emulator.durable.entities.batch import JsonEntities
from functions_emulator.durable.events import Event, EventType, event_raised
from functions_emulator.durable.json_orchestrators import JsonOrchestrators
from functions_emulator.durable.known import KnownFunctions
from functions_emulator.durable.store import Store

CALL = {
    "actionType": ActionType.CALL_SUB_ORCHESTRATOR,
    "functionName": "child",
    "instanceId": "c",
    "input": None,
}
WAIT = {"actionType": ActionType.WAIT_FOR_EXTERNAL_EVENT, "externalEventName": "Go"}
AS_NEW = {"actionType": ActionType.CONTINUE_AS_NEW, "input": "again"}
KNOWN = KnownFunctions(activities=(), orchestrators=("parent", "child"))


def answer(*actions: Action, done: bool) -> str:
    return json.dumps({"isDone": done, "actions": [actions], "schemaVersion": 2})


class World:
    """A parent that waits for a child, which continues as new once while an event comes to it."""

    def __init__(self, path: Path, restarts: bool) -> None:
        self.store = Store(path)
        self.store.open()
        self.clock = Clock()
        self.engine = self.new_engine()
        self.stop: asyncio.Task[None] | None = None
        self.turns_of_child: list[list[Event]] = []
        self.parent_ended = asyncio.Event()
        self._restarts = restarts

    def new_engine(self) -> Engine:
        orchestrators = JsonOrchestrators(self.run, KNOWN)
        entities = JsonEntities(self.act)
        return Engine(self.store, self.clock, KNOWN, orchestrators, self.act, entities, 2, 2)

    async def act(self, *call: Any) -> None:
        raise AssertionError("nothing here calls an activity")

    async def run(self, name: str, body: str, instance_id: str) -> str:
        trigger = json.loads(body)
        new = [event for event in trigger["history"] if not event["IsPlayed"]]
        if name == "child":
            self.turns_of_child.append(new)
            return await self.run_child(trigger["input"])
        ended = new[-1]["EventType"] == EventType.SUB_ORCHESTRATION_COMPLETED
        if ended:
            self.parent_ended.set()
        return answer(CALL, done=ended)

    async def run_child(self, given: str | None) -> str:
        if given == "again":
            return answer(done=True)
        if len(self.turns_of_child) == 1:
            await self.send("Go", "Carried over")
            return answer(WAIT, done=False)
        await self.send("Late")
        if self._restarts:
            self.stop = asyncio.create_task(self.restart())
            await asyncio.sleep(0)  # now it is stopping, and this turn is its last
        return answer(WAIT, AS_NEW, done=True)

    async def send(self, *names: str) -> None:
        now = self.clock.now()
        await self.engine.send(*(("c", event_raised(now, name, "1")) for name in names))

    async def restart(self) -> None:
        await self.engine.stop()
        self.engine = self.new_engine()
        self.engine.start()

    async def live(self) -> None:
        next_id, now = self.engine.next_id, self.clock.now()
        self.engine.start()
        await self.engine.begin(*outgoing.start(next_id, now, "parent", "p", None))
        try:
            await asyncio.wait_for(self.parent_ended.wait(), 10)
        finally:
            await self.engine.stop()
            self.store.close()


async def first_turn_of_new_execution(path: Path, restarts: bool) -> list[Event]:
    # The parent, which the start names, is told of the end: otherwise this waits in vain.
    world = World(path, restarts)
    await world.live()
    assert len(world.turns_of_child) == 3
    return world.turns_of_child[-1]


def test_a_new_execution_begins_with_its_start_then_what_was_carried_over(tmp_path: Path) -> None:
    turn = asyncio.run(first_turn_of_new_execution(tmp_path / "state.db", restarts=False))
    assert [event["EventType"] for event in turn] == [
        EventType.ORCHESTRATOR_STARTED,
        EventType.EXECUTION_STARTED,
        EventType.EVENT_RAISED,
        EventType.EVENT_RAISED,
    ]
    assert [event["Name"] for event in turn[2:]] == ["Carried over", "Late"]


def test_so_it_does_when_the_emulator_stops_in_between(tmp_path: Path) -> None:
    turn = asyncio.run(first_turn_of_new_execution(tmp_path / "state.db", restarts=True))
    assert turn[1]["EventType"] == EventType.EXECUTION_STARTED
    assert {event["Name"] for event in turn[2:]} == {"Carried over", "Late"}
