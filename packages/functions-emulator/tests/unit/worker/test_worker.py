import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest

from functions_emulator.app.functions import Binding, FunctionDefinition
from functions_emulator.worker.scope import current_scope
from functions_emulator.worker.worker import Worker, thread_count

T = TypeVar("T")
TRIGGER = Binding("x", "activityTrigger", "in")


def function(code: Callable[..., Any], requires_context: bool = False) -> FunctionDefinition:
    is_async = asyncio.iscoroutinefunction(code)
    return FunctionDefinition(
        "F", code, TRIGGER, is_async=is_async, requires_context=requires_context, directory="/app"
    )


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker(threads=2)
    worker.start()
    yield worker
    worker.stop()


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(coroutine, 10))


def test_a_sync_function_runs_in_another_thread(worker: Worker) -> None:
    definition = function(lambda x: (x, threading.get_ident()))
    value, thread = run(worker.run(definition, {"x": 1}))
    assert value == 1
    assert thread != threading.get_ident()


def test_a_blocking_async_function_does_not_stop_the_host(worker: Worker) -> None:
    release = threading.Event()

    async def block(x: int) -> int:
        release.wait(5)
        return x

    async def main() -> int:
        running = asyncio.ensure_future(worker.run(function(block), {"x": 7}))
        await asyncio.sleep(0)
        release.set()  # Reached only while this loop goes on.
        return await running

    assert run(main()) == 7
    assert release.is_set()


def test_sync_functions_run_side_by_side_up_to_the_thread_count(worker: Worker) -> None:
    meeting = threading.Barrier(2, timeout=5)

    async def main() -> list[int]:
        definition = function(lambda x: meeting.wait())
        return await asyncio.gather(*(worker.run(definition, {"x": 0}) for _ in range(2)))

    assert sorted(run(main())) == [0, 1]


@pytest.mark.parametrize("error", [ValueError("bad"), KeyError("k"), OSError(2, "gone")])
def test_what_a_function_raises_is_raised(worker: Worker, error: Exception) -> None:
    async def fail_async(x: int) -> None:
        raise error

    def fail(x: int) -> None:
        raise error

    for code in (fail, fail_async):
        with pytest.raises(type(error)) as caught:
            run(worker.run(function(code), {"x": 1}))
        assert caught.value is error


@pytest.mark.parametrize("error", [SystemExit("bye"), KeyboardInterrupt(), StopIteration(3)])
def test_a_function_cannot_end_the_host(worker: Worker, error: BaseException) -> None:
    def leave(x: int) -> None:
        raise error

    async def leave_async(x: int) -> None:
        raise error

    for code in (leave, leave_async):
        with pytest.raises(RuntimeError, match=type(error).__name__):
            run(worker.run(function(code), {"x": 1}))


def test_a_function_that_cancels_itself_has_failed(worker: Worker) -> None:
    async def cancel(x: int) -> None:
        raise asyncio.CancelledError

    with pytest.raises(RuntimeError, match="CancelledError"):
        run(worker.run(function(cancel), {"x": 1}))


def test_the_context_parameter_describes_the_invocation(worker: Worker) -> None:
    def describe(x: int, context: Any) -> tuple[Any, ...]:
        return (
            context.function_name,
            context.function_directory,
            context.invocation_id,
            context.thread_local_storage.invocation_id,
            context.retry_context.retry_count,
            len(context.trace_context.trace_parent),
        )

    described = run(worker.run(function(describe, True), {"x": 1}, "id-1"))
    assert described == ("F", "/app", "id-1", "id-1", 0, 55)


def test_code_knows_which_invocation_it_belongs_to(worker: Worker) -> None:
    async def scope_async(x: int) -> Any:
        await asyncio.sleep(0)
        return current_scope.get()

    for code in (lambda x: current_scope.get(), scope_async):
        scope = run(worker.run(function(code), {"x": 1}, "id-1", "order-1"))
        assert (scope.function_name, scope.invocation_id, scope.instance_id) == (
            "F",
            "id-1",
            "order-1",
        )
    assert current_scope.get() is None


def test_stop_cancels_what_waits_on_the_loop() -> None:
    worker = Worker()
    worker.start()
    waiting, cancelled = threading.Event(), threading.Event()

    async def wait(x: int) -> None:
        try:
            waiting.set()
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    async def main() -> None:
        running = asyncio.ensure_future(worker.run(function(wait), {"x": 1}))
        await asyncio.to_thread(waiting.wait, 5)
        worker.stop()
        running.cancel()

    run(main())
    assert cancelled.is_set()


@pytest.mark.parametrize(("value", "count"), [(None, None), ("", None), ("4", 4)])
def test_the_thread_count_comes_from_its_setting(value: str | None, count: int | None) -> None:
    values = {} if value is None else {"PYTHON_THREADPOOL_THREAD_COUNT": value}
    assert thread_count(values) == count


@pytest.mark.parametrize("value", ["0", "-1", "many"])
def test_a_wrong_thread_count_is_ignored_with_a_warning(
    value: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert thread_count({"PYTHON_THREADPOOL_THREAD_COUNT": value}) is None
    assert "PYTHON_THREADPOOL_THREAD_COUNT" in caplog.text
