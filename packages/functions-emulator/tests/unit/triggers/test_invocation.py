import asyncio
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from azure.functions.meta import Datum

from functions_emulator.app.functions import Binding, FunctionDefinition
from functions_emulator.app.loader import load_functions
from functions_emulator.failures import FunctionError
from functions_emulator.pool.in_process import InProcess
from functions_emulator.triggers.invocation import Invoker, Outcome
from tests.unit.conftest import MakeApp

SOURCE = """
app = func.FunctionApp()

@app.queue_trigger(arg_name="msg", queue_name="q", connection="AzureWebJobsStorage")
@app.queue_output(arg_name="out", queue_name="o", connection="AzureWebJobsStorage")
def work(msg: str, out: func.Out[str]):
    if msg == "fail":
        raise ValueError("no such thing")
    out.set(msg.upper())
"""


class Written:
    def __init__(self) -> None:
        self.values: list[tuple[str, Any]] = []
        self.error: Exception | None = None

    async def write(self, function: FunctionDefinition, binding: Binding, data: Datum) -> None:
        if self.error is not None:
            raise self.error
        self.values.append((binding.name, data.value))


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
def invoke(
    make_app: MakeApp, written: Written, caplog: pytest.LogCaptureFixture
) -> Callable[[str], Outcome]:
    caplog.set_level(logging.INFO)
    function = load_functions(make_app(SOURCE))[0]

    async def run(text: str) -> Outcome:
        async with InProcess([function]) as workers:
            invoker = Invoker(workers, written.write)
            trigger = Datum(text, "string")
            outcome = await invoker.invoke(function, trigger, {}, "Because.", "MessageId: 1")
            assert not invoker.running
            return outcome

    return lambda text: asyncio.run(run(text))


def test_an_invocation_is_logged_as_the_host_logs_it(
    invoke: Callable[[str], Outcome], caplog: pytest.LogCaptureFixture
) -> None:
    outcome = invoke("hello")
    lines = [record.getMessage() for record in caplog.records if record.name == "Function.work"]
    assert lines[0] == f"Executing 'Functions.work' (Reason='Because.', Id={outcome.invocation_id})"
    assert lines[1] == "Trigger Details: MessageId: 1"
    assert re.fullmatch(
        rf"Executed 'Functions\.work' \(Succeeded, Id={outcome.invocation_id}, Duration=\d+ms\)",
        lines[2],
    )


def test_outputs_are_written_after_success(
    invoke: Callable[[str], Outcome], written: Written
) -> None:
    assert invoke("hello").succeeded
    assert written.values == [("out", "HELLO")]


def test_a_failure_is_logged_with_name_id_and_the_apps_own_frames(
    invoke: Callable[[str], Outcome], caplog: pytest.LogCaptureFixture, written: Written
) -> None:
    outcome = invoke("fail")
    assert isinstance(outcome.error, FunctionError)
    assert outcome.error.type_name == "ValueError"
    text = caplog.records[-1].getMessage()
    assert f"'Functions.work' (Failed, Id={outcome.invocation_id}" in text
    frames = re.findall(r'File "(.+?)"', text)
    assert [Path(frame).name for frame in frames] == ["function_app.py"]
    assert "ValueError: no such thing" in text
    assert written.values == []


def test_an_output_that_cannot_be_written_fails_the_invocation(
    invoke: Callable[[str], Outcome], written: Written
) -> None:
    written.error = OSError("storage is down")
    assert invoke("hello").error is written.error


def test_waiting_for_idle_ends_when_the_last_function_does() -> None:
    async def main() -> tuple[bool, bool]:
        invoker = Invoker(InProcess([]), Written().write)
        release = asyncio.Event()

        async def slow(*_: object) -> None:
            await release.wait()

        invoker._run = slow  # type: ignore[method-assign, assignment]
        function = FunctionDefinition("F", print, Binding("x", "queueTrigger", "in"))
        running = asyncio.ensure_future(invoker.invoke(function, Datum("", "string"), {}, ""))
        await asyncio.sleep(0)
        early = await invoker.wait_idle(0.01)
        release.set()
        late = await invoker.wait_idle(5)
        await running
        return early, late

    assert asyncio.run(main()) == (False, True)
