import asyncio
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from azure.functions.meta import Datum

from functions_emulator.app.functions import Binding, FunctionDefinition
from functions_emulator.errors import AppError
from functions_emulator.triggers.timer import TimerTrigger, parse_schedule, schedule_zone

FUNCTION = FunctionDefinition("Tick", print, Binding("t", "timerTrigger", "in"))


class Runs:
    """An invoker that notes what it is asked to run, and when."""

    def __init__(self, enough: int) -> None:
        self.payloads: list[Datum] = []
        self.reasons: list[str] = []
        self.enough = asyncio.Event()
        self._wanted = enough

    async def invoke(
        self, function: FunctionDefinition, payload: Datum, metadata: Any, reason: str
    ) -> None:
        self.payloads.append(payload)
        self.reasons.append(reason)
        if len(self.payloads) >= self._wanted:
            self.enough.set()


def run(schedule: str, wanted: int, **properties: Any) -> Runs:
    async def main() -> Runs:
        runs = Runs(wanted)
        trigger = Binding("t", "timerTrigger", "in", properties)
        function = FunctionDefinition("Tick", print, trigger)
        timer = TimerTrigger.of(function, schedule, runs, timezone.utc)  # type: ignore[arg-type]
        running = asyncio.ensure_future(timer.run())
        await asyncio.wait_for(runs.enough.wait(), 5)
        running.cancel()
        return runs

    return asyncio.run(main())


def test_a_timer_fires_again_and_again() -> None:
    runs = run("* * * * * *", 2)
    assert len(runs.payloads) == 2
    assert runs.reasons[0].startswith("Timer fired at 2")
    assert '"IsPastDue": false' in runs.payloads[0].value


def test_run_on_startup_fires_at_once() -> None:
    assert len(run("0 0 0 1 1 *", 1, runOnStartup=True).payloads) == 1


def test_a_time_span_is_a_schedule_too() -> None:
    moment = datetime(2026, 1, 1)
    assert parse_schedule("00:00:30")(moment) == moment + timedelta(seconds=30)


@pytest.mark.parametrize("expression", ["", "soon", "00:00:00", "* * *"])
def test_a_wrong_schedule_is_reported_with_its_function(expression: str) -> None:
    with pytest.raises(AppError, match="cannot load function Tick: the schedule expression"):
        TimerTrigger.of(FUNCTION, expression, Runs(1), timezone.utc)  # type: ignore[arg-type]


def test_schedules_are_in_utc_unless_the_setting_names_a_zone() -> None:
    assert schedule_zone({}) is timezone.utc
    assert str(schedule_zone({"WEBSITE_TIME_ZONE": "Europe/Rome"})) == "Europe/Rome"
    with pytest.raises(AppError, match="WEBSITE_TIME_ZONE is 'Mars/Base'"):
        schedule_zone({"WEBSITE_TIME_ZONE": "Mars/Base"})
