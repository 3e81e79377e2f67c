"""What was begun on azure-functions-durable 1.x and is met by 2.x fails clearly or goes on."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions_emulator.durable import outgoing, reading
from functions_emulator.durable.clock import Clock
from functions_emulator.durable.engine import Engine
from functions_emulator.durable.entities.batch import JsonEntities
from functions_emulator.durable.events import event_raised
from functions_emulator.durable.json_orchestrators import JsonOrchestrators
from functions_emulator.durable.known import KnownFunctions
from functions_emulator.durable.store import Store
from tests.e2e.sample_host import SampleHost

WAIT = {"actionType": 6, "externalEventName": "Go", "reason": "ExternalEvent"}
TIMER = {"actionType": 5, "fireAt": "2199-01-01T00:00:00Z", "isCanceled": False}
CALL = {"actionType": 0, "functionName": "echo", "input": '"from 1.x"'}
ACTIONS: dict[str, list[dict[str, Any]]] = {
    "asks": [{"actionType": 11, "compoundActions": [WAIT, TIMER]}],
    "chain": [CALL],
}


async def _first_turns_on_sdk1(path: Path) -> None:
    """Have orders begin as SDK 1.x begins them: one waits, and one has an activity under way."""
    store = Store(path)
    store.open()
    known = KnownFunctions(frozenset({"echo"}), frozenset(ACTIONS))

    async def orchestrate(name: str, body: str, instance_id: str) -> str:
        return json.dumps({"schemaVersion": 1, "actions": [ACTIONS[name]], "isDone": False})

    async def act(*_: Any) -> Any:
        await asyncio.Event().wait()  # it is cut off in the middle

    async def operate(*_: Any) -> Any:
        raise AssertionError("nothing here is an entity")

    orchestrators = JsonOrchestrators(orchestrate, known)
    engine = Engine(store, Clock(), known, orchestrators, act, JsonEntities(operate), 1, 1)
    engine.start()
    for name in ACTIONS:
        order = outgoing.start(engine.next_id, Clock().now(), name, name, json.dumps('{"a":1}'))
        await engine.begin(*order)
    while not all(reading.history(store.connection, name) for name in ACTIONS):
        await asyncio.sleep(0.001)
    await engine.stop()
    # And one that has been accepted and not begun, with an event on its way.
    engine = Engine(store, Clock(), known, orchestrators, act, JsonEntities(operate), 1, 1)
    now, data = Clock().now(), json.dumps('{"a":1}')
    await engine.begin(*outgoing.start(engine.next_id, now, "echo_input", "pending", data))
    await engine.send(("pending", event_raised(now, "Go", '"{}"')))
    store.close()


@pytest.fixture
def host(tmp_path: Path) -> Iterator[SampleHost]:
    asyncio.run(asyncio.wait_for(_first_turns_on_sdk1(tmp_path / "state.db"), 20))
    running = SampleHost("../../sdk2/apps/patterns", tmp_path)
    with running.host:
        yield running


def test_none_of_them_hangs(host: SampleHost) -> None:
    # Nothing has happened to it: its input is encoded twice, as the client of 1.x does.
    assert host.wait_for("pending")["output"] == '{"a":1}'
    # The activity is run again, and its result wakes an orchestrator that cannot take it.
    ended = host.wait_for("chain")
    assert ended["runtimeStatus"] == "Failed"
    assert "A previous execution called call_activity with ID=0" in ended["output"]
    # The one that waits goes on waiting, can be seen, and fails with what wakes it.
    assert host.status("asks")["runtimeStatus"] == "Running"
    host.raise_event("asks", "Go", {"by": "ada"})
    ended = host.wait_for("asks")
    assert ended["runtimeStatus"] == "Failed"
    assert "A previous execution called create_timer with ID=0" in ended["output"]
    # Its id is free for a new start.
    host.start("echo_input", 1, "asks")
    assert host.wait_for("asks")["output"] == 1
