"""`@app.retry` on a timer function, with the app's code really run."""

import asyncio
import logging
from datetime import timezone
from typing import Any

import pytest

from functions_emulator.app.loader import load_functions
from functions_emulator.app.retry import RetryPolicy
from functions_emulator.errors import AppError
from functions_emulator.pool.in_process import InProcess
from functions_emulator.triggers.invocation import Invoker
from functions_emulator.triggers.timer import TimerTrigger
from tests.unit.conftest import MakeApp

SOURCE = """
app = func.FunctionApp()
seen = __import__("builtins").test_seen

@app.retry({policy})
@app.timer_trigger(arg_name="t", schedule="0 0 0 1 1 *")
def work(t: func.TimerRequest, context: func.Context):
    retry = context.retry_context
    message = retry.exception.message if retry.exception else None
    assert retry.exception == retry.rpc_exception
    seen.append((retry.retry_count, retry.max_retry_count, message, context.invocation_id))
    if len(seen) <= {failures}:
        raise ValueError(f"no {{len(seen)}}")
"""
FIXED = 'strategy="fixed_delay", max_retry_count="2", delay_interval="00:00:00"'
EXPONENTIAL = (
    'strategy="exponential_backoff", max_retry_count="2", minimum_interval="00:00:00", '
    'maximum_interval="00:00:00"'
)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    seen: list[Any] = []
    monkeypatch.setattr("builtins.test_seen", seen, raising=False)
    return seen


def fire(make_app: MakeApp, policy: str, failures: int) -> None:
    (function,) = load_functions(make_app(SOURCE.format(policy=policy, failures=failures)))

    async def main() -> None:
        async with InProcess([function]) as workers:
            invoker = Invoker(workers, lambda *_: asyncio.sleep(0))
            timer = TimerTrigger.of(function, "0 0 0 1 1 *", invoker, timezone.utc)
            await asyncio.wait_for(timer.fire(), 10)

    asyncio.run(main())


@pytest.mark.parametrize("policy", [FIXED, EXPONENTIAL])
def test_a_timer_function_is_tried_again_and_told_so(
    make_app: MakeApp, seen: list[Any], policy: str
) -> None:
    fire(make_app, policy, failures=1)
    assert [each[:2] for each in seen] == [(0, 2), (1, 2)]
    assert seen[0][2] is None
    assert "ValueError: no 1" in seen[1][2]
    assert seen[0][3] == seen[1][3]  # An instance is tried again under its own id.


def test_the_tries_end_after_the_count(
    make_app: MakeApp, seen: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    fire(make_app, FIXED, failures=9)
    assert [each[0] for each in seen] == [0, 1, 2]
    text = caplog.text
    assert "Next attempt: '1'. Max retry count: '2'." in text
    assert "Function execution failed after '2' retries." in text


def test_minus_one_tries_for_ever(make_app: MakeApp, seen: list[Any]) -> None:
    fire(make_app, FIXED.replace('"2"', '"-1"'), failures=5)
    assert [each[:2] for each in seen] == [(count, -1) for count in range(6)]


def test_delays_grow_as_the_host_lets_them_grow() -> None:
    settings = {
        "strategy": "exponential_backoff",
        "max_retry_count": "-1",
        "minimum_interval": "00:00:04",
        "maximum_interval": "00:01:00",
    }
    delays = RetryPolicy.of("work", settings).delays()
    found = [next(delays) for _ in range(8)]
    assert found[0] == 4
    for exponent, delay in enumerate(found[1:4]):
        assert 4 + 4 * 2**exponent * 0.8 <= delay <= 4 + 4 * 2**exponent * 1.2
    assert found[-2:] == [60, 60]


def test_no_least_delay_stays_no_delay() -> None:
    delays = RetryPolicy(-1, 0.0, 5.0).delays()
    assert {next(delays) for _ in range(2000)} == {0}


@pytest.mark.parametrize(
    "settings",
    [
        {"max_retry_count": "many"},
        {"max_retry_count": "-2"},
        {"delay_interval": "soon"},
        {"delay_interval": None},
        {"strategy": "exponential_backoff", "minimum_interval": "00:00:01"},
        {
            "strategy": "exponential_backoff",
            "minimum_interval": "00:00:02",
            "maximum_interval": "00:00:01",
        },
        {"strategy": "sometimes"},
    ],
)
def test_a_wrong_policy_is_refused_with_its_function(settings: dict[str, Any]) -> None:
    whole = {"strategy": "fixed_delay", "max_retry_count": "1", "delay_interval": "00:00:01"}
    with pytest.raises(AppError, match=r"cannot load function work: @app\.retry"):
        RetryPolicy.of("work", {**whole, **settings})
