"""Orchestrators and entities of SDK 2 run in the thread that takes them, and are none the wiser."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from functions_emulator.app.functions import Binding, FunctionDefinition
from functions_emulator.failures import FunctionError
from functions_emulator.pool.calls import Invocation
from functions_emulator.pool.in_process import InProcess
from functions_emulator.worker.direct import DirectRuns

Handle = Callable[[str], Coroutine[Any, Any, str]]


@pytest.fixture(autouse=True)
def without_payload_store(monkeypatch: pytest.MonkeyPatch) -> None:
    import azure.durable_functions.internal.payloads as payloads

    monkeypatch.setattr(payloads, "_payload_store", None)


def handle_of(work: Callable[[], str], then: float | None = None) -> Handle:
    """What the SDK makes of an orchestrator: it hands the work to a thread and awaits it."""

    async def handle(context: str) -> str:
        done = await asyncio.get_running_loop().run_in_executor(None, work)
        if then is not None:
            await asyncio.sleep(then)
        return done

    handle.orchestrator_function = work  # type: ignore[attr-defined]
    return handle


def outcome(handle: Handle, trigger: str = "orchestrationTrigger") -> str:
    """Call it as the host would, beside a loop of async functions."""
    binding = Binding("context", trigger, "in")
    function = FunctionDefinition(
        "F",
        handle,
        binding,
        is_async=True,
        converters={"context": "generic"},
        return_converter="generic",
    )

    async def main() -> str:
        async with InProcess([function]) as workers:
            from azure.functions.meta import Datum

            outputs = await workers.call(Invocation(function, Datum("x", "string")))
            return str(outputs["$return"].value)

    return asyncio.run(asyncio.wait_for(main(), 20))


def thread_and_loop() -> str:
    return f"{threading.current_thread().name} {asyncio._get_running_loop()}"


@pytest.mark.parametrize("trigger", ["orchestrationTrigger", "entityTrigger"])
def test_the_work_runs_in_the_thread_that_took_it_and_sees_no_loop(trigger: str) -> None:
    thread, loop = outcome(handle_of(thread_and_loop), trigger).split()
    assert thread.startswith("function_")
    assert loop == "None"


def test_a_handle_that_awaits_more_than_that_comes_to_its_end_too() -> None:
    assert outcome(handle_of(lambda: "done", then=0.001)) == "done"


def test_what_the_work_raises_is_what_the_host_hears() -> None:
    def fail() -> str:
        raise LookupError("not here")

    with pytest.raises(FunctionError, match="not here") as caught:
        outcome(handle_of(fail))
    assert caught.value.type_name == "LookupError"
    assert "in fail" in caught.value.traceback


@pytest.mark.parametrize("error", [SystemExit("bye"), KeyboardInterrupt(), StopIteration(3)])
def test_what_the_work_raises_cannot_end_the_worker(error: BaseException) -> None:
    def leave() -> str:
        raise error

    with pytest.raises(FunctionError, match=type(error).__name__) as caught:
        outcome(handle_of(leave))
    assert caught.value.type_name == "RuntimeError"


def test_with_a_payload_store_it_runs_on_the_loop_whose_clients_the_store_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import azure.durable_functions.internal.payloads as payloads

    monkeypatch.setattr(payloads, "_payload_store", object())
    assert not outcome(handle_of(thread_and_loop)).startswith("function_")


def test_an_async_function_of_the_app_itself_runs_on_the_loop() -> None:
    async def handle(context: str) -> str:
        return threading.current_thread().name

    assert outcome(handle) == "async functions"


def test_runs_side_by_side_have_a_loop_each_and_leave_none_open() -> None:
    meeting = threading.Barrier(3, timeout=10)
    runs = DirectRuns()
    handle = handle_of(lambda: f"{meeting.wait()}")
    threads = [threading.Thread(target=lambda: runs.run(handle("x"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    runs.close()  # while both are in use
    meeting.wait()
    for thread in threads:
        thread.join()
    assert runs._idle == []
