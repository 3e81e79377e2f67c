"""How functions run in a worker, seen through the protocol and without a process."""

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest
from azure.functions.meta import Datum

from functions_emulator.app.functions import Binding, FunctionDefinition
from functions_emulator.failures import FunctionError
from functions_emulator.pool.calls import Invocation
from functions_emulator.pool.in_process import InProcess
from functions_emulator.worker.lanes import LANES, LARGEST_BATCH
from functions_emulator.worker.scope import current_scope

T = TypeVar("T")


def function(
    code: Callable[..., Any],
    name: str = "F",
    trigger: str = "activityTrigger",
    requires_context: bool = False,
) -> FunctionDefinition:
    return FunctionDefinition(
        name,
        code,
        Binding("x", trigger, "in"),
        is_async=asyncio.iscoroutinefunction(code),
        requires_context=requires_context,
        directory="/app",
        converters={"x": trigger},
        return_converter=trigger,
    )


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(coroutine, 20))


async def call(workers: InProcess, definition: FunctionDefinition, value: Any = 1) -> Any:
    """Call an activity with a value and return what it returned."""
    trigger = Datum(json.dumps(value), "json")
    invocation = Invocation(definition, trigger, id="id-1", instance_id="order-1")
    outputs = await workers.call(invocation)
    return json.loads(outputs["$return"].value)


def result_of(code: Callable[..., Any], **options: Any) -> Any:
    async def main() -> Any:
        definition = function(code, **options)
        async with InProcess([definition]) as workers:
            return await call(workers, definition)

    return run(main())


pytestmark = pytest.mark.filterwarnings("ignore:azure.functions df_loads:DeprecationWarning")


def test_a_sync_function_runs_in_another_thread() -> None:
    assert result_of(lambda x: [x, threading.get_ident()])[1] != threading.get_ident()


def test_a_blocking_async_function_does_not_stop_the_host() -> None:
    release = threading.Event()

    async def block(x: int) -> int:
        release.wait(5)
        return 7

    async def main() -> Any:
        definition = function(block)
        async with InProcess([definition]) as workers:
            running = asyncio.ensure_future(call(workers, definition))
            await asyncio.sleep(0)
            release.set()  # Reached only while this loop goes on.
            return await running

    assert run(main()) == 7


def test_sync_functions_run_side_by_side_up_to_the_thread_count() -> None:
    meeting = threading.Barrier(2, timeout=5)

    async def main() -> list[Any]:
        definition = function(lambda x: meeting.wait())
        async with InProcess([definition], threads=2) as workers:
            return await asyncio.gather(*(call(workers, definition) for _ in range(2)))

    assert sorted(run(main())) == [0, 1]


@pytest.mark.parametrize("error", [ValueError("bad"), KeyError("k"), OSError(2, "gone")])
def test_what_a_function_raises_is_told_with_its_class_and_traceback(error: Exception) -> None:
    async def fail_async(x: int) -> None:
        raise error

    def fail(x: int) -> None:
        raise error

    for code in (fail, fail_async):
        with pytest.raises(FunctionError) as caught:
            result_of(code)
        assert (caught.value.type_name, str(caught.value)) == (type(error).__name__, str(error))
        assert f"in {code.__name__}" in caught.value.traceback


@pytest.mark.parametrize("error", [SystemExit("bye"), KeyboardInterrupt(), StopIteration(3)])
def test_a_function_cannot_end_the_worker(error: BaseException) -> None:
    def leave(x: int) -> None:
        raise error

    async def leave_async(x: int) -> None:
        raise error

    for code in (leave, leave_async):
        with pytest.raises(FunctionError, match=type(error).__name__) as caught:
            result_of(code)
        assert caught.value.type_name == "RuntimeError"


def test_a_function_that_cancels_itself_has_failed() -> None:
    async def cancel(x: int) -> None:
        raise asyncio.CancelledError

    with pytest.raises(FunctionError, match="CancelledError"):
        result_of(cancel)


def test_an_exception_without_a_text_is_told_all_the_same() -> None:
    class Bad(Exception):
        def __str__(self) -> str:
            raise ValueError("not even that")

    def fail(x: int) -> None:
        raise Bad

    with pytest.raises(FunctionError, match="its text cannot be had") as caught:
        result_of(fail)
    assert caught.value.type_name == "Bad"


def test_a_result_that_cannot_leave_the_process_is_a_clear_error() -> None:
    async def main() -> None:
        definition = FunctionDefinition(
            "F", lambda x: {"a": threading.Lock()}, Binding("x", "other", "in"),
            return_converter="other",
        )  # fmt: skip
        async with InProcess([definition]) as workers:
            await workers.call(Invocation(definition, Datum("", "string")))

    with pytest.raises(FunctionError, match="type lock cannot leave the worker process"):
        run(main())


def test_a_function_that_the_worker_has_not_is_a_clear_error() -> None:
    async def main() -> None:
        async with InProcess([]) as workers:
            await call(workers, function(print))

    with pytest.raises(FunctionError, match="'F' is not loaded"):
        run(main())


def test_the_context_parameter_describes_the_invocation() -> None:
    def describe(x: int, context: Any) -> list[Any]:
        return [
            context.function_name,
            context.function_directory,
            context.invocation_id,
            context.thread_local_storage.invocation_id,
            context.retry_context.retry_count,
            len(context.trace_context.trace_parent),
            context.trace_context.trace_parent == context.trace_context.Traceparent,
        ]

    described = result_of(describe, requires_context=True)
    assert described == ["F", "/app", "id-1", "id-1", 0, 55, True]


def test_code_knows_which_invocation_it_belongs_to() -> None:
    def scope(x: int) -> list[str | None]:
        found = current_scope.get()
        assert found is not None
        return [found.function_name, found.invocation_id, found.instance_id]

    async def scope_async(x: int) -> list[str | None]:
        await asyncio.sleep(0)
        return scope(x)

    for code in (scope, scope_async):
        assert result_of(code) == ["F", "id-1", "order-1"]


def test_stop_cancels_what_waits_on_the_loop() -> None:
    waiting, cancelled = threading.Event(), threading.Event()

    async def wait(x: int) -> None:
        try:
            waiting.set()
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    async def main() -> None:
        definition = function(wait)
        async with InProcess([definition]) as workers:
            running = asyncio.ensure_future(call(workers, definition))
            await asyncio.to_thread(waiting.wait, 5)
        running.cancel()

    run(main())
    assert cancelled.is_set()


def orchestrator(code: Callable[..., Any], name: str = "O") -> FunctionDefinition:
    return function(code, name, "orchestrationTrigger")


async def turn(workers: InProcess, definition: FunctionDefinition, text: str = "x") -> str:
    outputs = await workers.call(Invocation(definition, Datum(text, "json")))
    return str(outputs["$return"].value)


def test_each_orchestrator_call_gets_its_own_answer() -> None:
    async def main() -> list[str]:
        definition = orchestrator(lambda x: f"{x.body}!")
        async with InProcess([definition]) as workers:
            calls = (turn(workers, definition, str(number)) for number in range(100))
            return await asyncio.gather(*calls)

    assert run(main()) == [f"{number}!" for number in range(100)]


def test_orchestrators_that_come_while_the_lanes_are_busy_share_a_thread() -> None:
    gate, busy = threading.Event(), threading.Semaphore(0)

    def block(x: Any) -> str:
        busy.release()
        gate.wait(10)
        return "x"

    async def main() -> set[str]:
        blocked = orchestrator(block, "Blocked")
        quick = orchestrator(lambda x: str(threading.get_ident()), "Quick")
        async with InProcess([blocked, quick]) as workers:
            first = [asyncio.ensure_future(turn(workers, blocked)) for _ in range(LANES)]
            for _ in first:
                await asyncio.to_thread(busy.acquire)
            rest = [asyncio.ensure_future(turn(workers, quick)) for _ in range(LARGEST_BATCH)]
            await asyncio.sleep(0)
            gate.set()
            await asyncio.gather(*first)
            return set(await asyncio.gather(*rest))

    assert len(run(main())) <= LANES


def test_an_orchestrator_that_blocks_leaves_the_other_lane_free() -> None:
    gate = threading.Event()

    def block(x: Any) -> str:
        gate.wait(15)
        return "x"

    async def main() -> None:
        blocked, quick = orchestrator(block, "Blocked"), orchestrator(lambda x: x.body, "Quick")
        async with InProcess([blocked, quick]) as workers:
            stuck = asyncio.ensure_future(turn(workers, blocked))
            try:
                for number in range(5):
                    assert await turn(workers, quick, str(number)) == str(number)
                assert not stuck.done()
            finally:
                gate.set()
                await stuck

    run(main())
