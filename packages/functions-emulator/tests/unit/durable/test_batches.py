import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from functions_emulator.app.functions import Binding, FunctionDefinition
from functions_emulator.durable.batches import LANES, LARGEST_BATCH, Batches
from functions_emulator.worker.worker import Call, Worker


def call(function: Callable[..., Any], value: Any = None) -> Call:
    trigger = Binding("context", "orchestrationTrigger", "in")
    return Call(FunctionDefinition("f", function, trigger), {"context": value})


def with_batches(test: Callable[[Batches], Any]) -> Any:
    async def run() -> Any:
        worker = Worker()
        worker.start()
        try:
            return await test(Batches(worker))
        finally:
            await asyncio.to_thread(worker.stop)

    return asyncio.run(run())


def test_each_call_gets_its_own_answer() -> None:
    async def test(batches: Batches) -> list[int]:
        calls = (batches.call(call(lambda context: context * 2, n)) for n in range(100))
        return await asyncio.gather(*calls)

    assert with_batches(test) == [2 * number for number in range(100)]


def test_an_exception_reaches_its_caller_alone() -> None:
    def broken(context: Any) -> None:
        raise ValueError("boom")

    async def test(batches: Batches) -> None:
        good = batches.call(call(lambda context: "good"))
        bad = batches.call(call(broken))
        answers = await asyncio.gather(good, bad, return_exceptions=True)
        assert answers[0] == "good"
        assert str(answers[1]) == "boom"

    with_batches(test)


def test_calls_that_come_while_the_lanes_are_busy_share_a_thread() -> None:
    gate = threading.Event()

    def blocked(context: Any) -> None:
        gate.wait(10)

    async def test(batches: Batches) -> set[int]:
        first = [asyncio.ensure_future(batches.call(call(blocked))) for _ in range(LANES)]
        await asyncio.sleep(0)
        rest = [
            asyncio.ensure_future(batches.call(call(lambda context: threading.get_ident())))
            for _ in range(LARGEST_BATCH)
        ]
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(*first)
        return set(await asyncio.gather(*rest))

    assert len(with_batches(test)) == 1


@pytest.mark.timeout(20)
def test_an_orchestrator_that_blocks_leaves_the_other_lane_free() -> None:
    gate = threading.Event()

    async def test(batches: Batches) -> None:
        stuck = asyncio.ensure_future(batches.call(call(lambda context: gate.wait(15))))
        await asyncio.sleep(0.01)
        try:
            for number in range(5):
                assert await batches.call(call(lambda context: context, number)) == number
            assert not stuck.done()
        finally:
            gate.set()
            await stuck

    with_batches(test)
