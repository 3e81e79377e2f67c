"""What the SDK alone takes for the turns of an order: `rounds` as arguments, and `plain`.

Each turn is asked of the SDK again and again, in one thread, and the least time counts. `plain`
leaves SDK 1.x as it is installed: the emulator spares it some work (sdk_ease.py).
"""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.engine.emulator import APP, Watched, order, with_trigger
from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.app.loader import load_functions
from functions_emulator.app.settings import DurableSettings
from functions_emulator.durable.runtime import DurableRuntime
from functions_emulator.pool import in_process
from functions_emulator.worker.direct import DirectRuns

TIMES = 15
PLAIN = "plain"


async def turns_of(
    rounds: int, state: Path, loaded: Sequence[FunctionDefinition], direct: DirectRuns
) -> list[Callable[[], Any]]:
    """Take an order through the engine; give its turns, as calls of the SDK."""
    turns: list[Callable[[], Any]] = []
    [orchestrator] = [each for each in loaded if each.name == "place_order"]
    handle = orchestrator.user_function
    assert handle is not None

    def recorded(**arguments: Any) -> Any:
        def ask() -> Any:
            answer = handle(**arguments)
            return direct.run(answer) if inspect.iscoroutine(answer) else answer

        turns.append(ask)
        return handle(**arguments)

    functions = [each for each in loaded if each is not orchestrator]
    functions.append(replace(orchestrator, user_function=recorded))
    async with in_process.InProcess(functions) as caller:
        workers = Watched(caller)
        runtime = DurableRuntime(
            DurableSettings(),
            with_trigger(functions, "orchestrationTrigger"),
            with_trigger(functions, "activityTrigger"),
            workers,
            state,
            speaks_grpc=orchestrator.speaks_grpc,
        )
        await runtime.start()
        await order(runtime.client, workers, f"order-{rounds}", rounds)
        await runtime.stop()
    return turns


def least_ms(turn: Callable[[], Any]) -> float:
    """Ask again and again; give the least time, in milliseconds of processor time."""
    taken = []
    for _ in range(TIMES):
        started = time.thread_time()
        turn()
        taken.append(time.thread_time() - started)
    return 1000 * min(taken)


def main(lengths: list[int], plain: bool) -> None:
    """Print the milliseconds of an order of each length, as JSON."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    if plain:
        vars(in_process)["ease_replays"] = lambda: None
    loaded, direct, orders = load_functions(APP), DirectRuns(), []
    for rounds in lengths:
        with tempfile.TemporaryDirectory() as folder:
            turns = asyncio.run(turns_of(rounds, Path(folder) / "state.db", loaded, direct))
        orders.append(sum(least_ms(turn) for turn in turns))
    direct.close()
    print(json.dumps(orders))


if __name__ == "__main__":
    words = sys.argv[1:]
    main([int(each) for each in words if each != PLAIN], PLAIN in words)
