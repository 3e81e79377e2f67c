"""A state file of format 1, as emulators without entities made it, goes on being used."""

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

from functions_emulator.durable import reading
from functions_emulator.durable.clock import Clock
from functions_emulator.durable.engine import Engine
from functions_emulator.durable.entities.batch import JsonEntities
from functions_emulator.durable.json_orchestrators import JsonOrchestrators
from functions_emulator.durable.known import KnownFunctions
from functions_emulator.durable.store import Store

# Frozen: what functions_emulator 0.1.0 wrote before it had entities.
FORMAT_1 = """
PRAGMA application_id=1148536437; PRAGMA user_version=1;
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE instances (
    instance_id TEXT PRIMARY KEY, execution_id TEXT NOT NULL, name TEXT NOT NULL, version TEXT,
    input TEXT, output TEXT, custom_status TEXT, runtime_status TEXT NOT NULL,
    created TEXT NOT NULL, updated TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE history (
    instance_id TEXT NOT NULL, sequence INTEGER NOT NULL, event TEXT NOT NULL,
    PRIMARY KEY (instance_id, sequence)
) WITHOUT ROWID;
CREATE TABLE messages (
    id INTEGER PRIMARY KEY, instance_id TEXT NOT NULL, event TEXT NOT NULL,
    execution_id TEXT, due REAL
);
CREATE INDEX messages_of_instance ON messages (instance_id);
CREATE TABLE work_items (
    id INTEGER PRIMARY KEY, instance_id TEXT NOT NULL, execution_id TEXT NOT NULL,
    task_id INTEGER NOT NULL, name TEXT NOT NULL, input TEXT
);
CREATE INDEX work_items_of_instance ON work_items (instance_id);
INSERT INTO instances VALUES
    ('old', 'e1', 'caller', NULL, NULL, NULL, NULL, 'Pending', '2026-11-22', '2026-11-22');
"""
STARTED = {
    "EventType": 0,
    "EventId": -1,
    "Timestamp": "2026-11-22T12:00:00.000000Z",
    "Name": "caller",
    "Version": "",
    "Input": None,
    "OrchestrationInstance": {"InstanceId": "old", "ExecutionId": "e1"},
    "ParentInstance": None,
    "Tags": None,
}
CALL = {"actionType": 7, "instanceId": "@counter@a", "operation": "get", "input": "null"}


async def orchestrate(name: str, body: str, instance_id: str) -> str:
    is_done = '"EventType":15' in body
    state = {"schemaVersion": 1, "actions": [[CALL]], "isDone": is_done, "output": "ended"}
    return json.dumps(state)


async def operate(name: str, body: str, instance_id: str) -> str:
    results = [{"isError": False, "result": "7"}]
    return json.dumps({"entityExists": True, "entityState": "7", "results": results})


async def act(*_: Any) -> None:
    raise AssertionError("nothing here is an activity")


def test_an_orchestration_in_an_old_file_goes_on_and_may_call_an_entity(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with sqlite3.connect(path) as old:
        old.executescript(FORMAT_1)
        old.execute("INSERT INTO messages VALUES (1, 'old', ?, 'e1', NULL)", [json.dumps(STARTED)])
    old.close()

    async def run() -> None:
        store = Store(path)
        store.open()
        known = KnownFunctions((), ("caller",), ("counter",))
        orchestrators = JsonOrchestrators(orchestrate, known)
        engine = Engine(store, Clock(), known, orchestrators, act, JsonEntities(operate), 1, 1)
        engine.start()
        while (found := reading.status(store.connection, "old")) is None or not found.ended:
            await asyncio.sleep(0.001)
        assert (found.runtime_status, found.output) == ("Completed", '"ended"')
        await engine.stop()
        store.close()

    asyncio.run(asyncio.wait_for(run(), 20))
