"""The SDK's replay beside the emulator's, for an orchestrator of so many rounds.

`python -m benchmarks.growth.replay lengths...` takes an order of each of these many rounds
through the engine, without a host, and prints the turns. There is one order at a time and nothing
else to do, so the processor time of the process is that of its turns.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.app.loader import load_functions
from functions_emulator.durable import outgoing
from functions_emulator.durable.clock import Clock
from functions_emulator.durable.engine import Engine
from functions_emulator.durable.entities.batch import JsonEntities
from functions_emulator.durable.events import event_raised
from functions_emulator.durable.functions import DurableFunctions
from functions_emulator.durable.json_orchestrators import JsonOrchestrators
from functions_emulator.durable.known import KnownFunctions
from functions_emulator.durable.store import Store
from functions_emulator.pool.caller import Caller
from functions_emulator.pool.in_process import InProcess

APP = Path(__file__).resolve().parent / "app"
ORCHESTRATOR = "unbounded"
TURNS_OF_A_ROUND = 2


@dataclass(frozen=True)
class Turn:
    """A call of the SDK: what it cost, when the processor clock had it done, and what it read."""

    sdk_ms: float
    done_at_ms: float
    body_bytes: int


class Sdk:
    """Calls the SDK as the worker does and takes its time, that of its thread, apart."""

    def __init__(self, function: FunctionDefinition) -> None:
        assert function.user_function is not None
        self._handle = function.user_function
        self.timed = replace(function, user_function=self._timed)
        self._functions: DurableFunctions | None = None
        self._sdk_ms = 0.0
        self._changed = asyncio.Event()
        self._failure: Exception | None = None
        self.turns: list[Turn] = []

    def _timed(self, **arguments: Any) -> Any:
        started = time.thread_time()
        answer = self._handle(**arguments)
        self._sdk_ms = 1000 * (time.thread_time() - started)
        return answer

    def use(self, workers: Caller) -> None:
        """Take the workers that run the orchestrator."""
        known = {ORCHESTRATOR: self.timed}
        self._functions = DurableFunctions(known, {}, workers, lambda: None, None)

    async def orchestrate(self, name: str, body: str, instance_id: str) -> str:
        """Run the orchestrator on a trigger body."""
        assert self._functions is not None
        try:
            state = await self._functions.orchestrate(name, body, instance_id)
        except Exception as error:
            self._failure = error
            self._changed.set()
            raise
        self.turns.append(Turn(self._sdk_ms, 1000 * time.process_time(), len(body)))
        self._changed.set()
        return state

    async def until(self, turns: int) -> None:
        """Wait until there have been so many turns; raise what the orchestrator raised."""
        while len(self.turns) < turns:
            if self._failure is not None:
                raise self._failure
            await self._changed.wait()
            self._changed.clear()


async def run(rounds: int, state: Path, function: FunctionDefinition) -> list[Turn]:
    """Take an order of so many rounds to its end; give its turns, the first before any round."""
    store, clock, sdk = Store(state), Clock(), Sdk(function)
    store.open()
    known = KnownFunctions(frozenset({"check"}), frozenset({ORCHESTRATOR}))
    orchestrators, entities = JsonOrchestrators(sdk.orchestrate, known), JsonEntities(_operate)
    engine = Engine(store, clock, known, orchestrators, _check, entities, 1, 1)
    async with InProcess([sdk.timed]) as workers:
        sdk.use(workers)
        engine.start()
        try:
            order_id, order = "order", json.dumps({"rounds": rounds})
            await engine.begin(
                *outgoing.start(engine.next_id, clock.now(), ORCHESTRATOR, order_id, order)
            )
            for number in range(rounds):
                await sdk.until(1 + TURNS_OF_A_ROUND * number)
                await engine.send((order_id, event_raised(clock.now(), "Proceed", "null")))
            await sdk.until(1 + TURNS_OF_A_ROUND * rounds)
        finally:
            await engine.stop()
            store.close()
    return sdk.turns


async def _check(name: str, input_text: str | None, instance_id: str) -> str | None:
    return "false"


async def _operate(name: str, body: str, instance_id: str) -> str:
    raise LookupError(f"there is no entity '{name}' here")


def main(lengths: Sequence[int]) -> None:
    """Print the turns of an order of each length, as JSON."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    functions = {each.durable_name: each for each in load_functions(APP)}
    orders = []
    for length in lengths:
        with tempfile.TemporaryDirectory() as folder:
            turns = asyncio.run(run(length, Path(folder) / "state.db", functions[ORCHESTRATOR]))
            orders.append([asdict(turn) for turn in turns])
    print(json.dumps(orders))


if __name__ == "__main__":
    main([int(length) for length in sys.argv[1:]])
