"""The timer trigger: NCRONTAB or time span schedules."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from azure.functions.meta import Datum

from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.app.timespan import parse_timespan
from functions_emulator.errors import AppError
from functions_emulator.triggers.invocation import Invoker
from functions_emulator.triggers.ncrontab import Schedule
from functions_emulator.triggers.retrying import invoke_retrying

_LONGEST_SLEEP = 60.0  # So that a machine that slept or a clock that jumped is noticed.
_log = logging.getLogger("functions_emulator.timer")

NextAfter = Callable[[datetime], datetime | None]


def parse_schedule(expression: str) -> NextAfter:
    """Read a schedule, six-field NCRONTAB or a time span; raise ValueError."""
    if len(expression.split()) > 1:
        return Schedule(expression).next_after
    interval = parse_timespan(expression)
    if interval <= timedelta(0):
        raise ValueError(f"{expression!r} must be longer than zero")
    return lambda moment: moment + interval


def schedule_zone(values: Mapping[str, str]) -> tzinfo:
    """Return the time zone of schedules: UTC, or the one of WEBSITE_TIME_ZONE."""
    name = values.get("WEBSITE_TIME_ZONE")
    if not name:
        return timezone.utc
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise AppError(f"WEBSITE_TIME_ZONE is {name!r}; write one such as Europe/Rome.") from error


@dataclass
class TimerTrigger:
    """Runs one timer function when it is due; runs never overlap, missed ones are not made up."""

    function: FunctionDefinition
    next_after: NextAfter
    invoker: Invoker
    zone: tzinfo = timezone.utc
    run_on_startup: bool = False

    @classmethod
    def of(
        cls, function: FunctionDefinition, expression: str, invoker: Invoker, zone: tzinfo
    ) -> "TimerTrigger":
        """Make the trigger of a function; `expression` has its %SETTINGS% resolved."""
        try:
            next_after = parse_schedule(expression)
        except ValueError as error:
            raise AppError(
                f"cannot load function {function.name}: the schedule expression {expression!r} was "
                f"not recognized: {error}."
            ) from error
        on_startup = bool(function.trigger.properties.get("runOnStartup"))
        return cls(function, next_after, invoker, zone, on_startup)

    async def run(self) -> None:
        """Run the function at each of its times, until cancelled."""
        if self.run_on_startup:
            await self.fire()
        while (due := self._next()) is not None:
            await _sleep_until(due)
            await self.fire()
        _log.warning("The schedule of function %s has no occurrence left.", self.function.name)

    def _next(self) -> datetime | None:
        local = datetime.now(self.zone).replace(tzinfo=None)
        found = self.next_after(local)
        return None if found is None else found.replace(tzinfo=self.zone)

    async def fire(self) -> None:
        """Run the function now, again and again as its retry policy says."""
        fired = datetime.now(timezone.utc).isoformat()
        info = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": None, "IsPastDue": False}
        await invoke_retrying(
            self.invoker, self.function, Datum(json.dumps(info), "json"), f"Timer fired at {fired}"
        )


async def _sleep_until(due: datetime) -> None:
    while (seconds := (due - datetime.now(timezone.utc)).total_seconds()) > 0:
        await asyncio.sleep(min(seconds, _LONGEST_SLEEP))
