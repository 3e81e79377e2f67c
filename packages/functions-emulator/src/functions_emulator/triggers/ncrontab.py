"""NCRONTAB schedules: `{second} {minute} {hour} {day} {month} {day of week}` (NCrontab)."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NUMBER = re.compile(r"\d+", re.ASCII)
_YEARS_AHEAD = 12


@dataclass(frozen=True)
class _Field:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


_FIELDS = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 6, _DAYS),
)


class Schedule:
    """A parsed expression; five fields mean second 0. Raises ValueError that names the field."""

    def __init__(self, expression: str) -> None:
        fields = expression.split()
        if len(fields) == 5:
            fields = ["0", *fields]
        if len(fields) != 6:
            raise ValueError(
                f"{expression!r} has {len(fields)} fields; a schedule has six: second, minute, "
                "hour, day, month, day of week"
            )
        parsed = [_parse(text, kind) for text, kind in zip(fields, _FIELDS, strict=True)]
        self._seconds, self._minutes, self._hours = (sorted(values) for values in parsed[:3])
        self._days, self._months, self._weekdays = parsed[3:]

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first occurrence after `moment`, or None if there is none in twelve years.

        Day and day of week must both fit, as in NCrontab and unlike in Unix cron.
        """
        moment = moment.replace(microsecond=0) + timedelta(seconds=1)
        day = moment.replace(hour=0, minute=0, second=0)
        last = day.replace(year=day.year + _YEARS_AHEAD, day=1)
        first_time = (moment.hour, moment.minute, moment.second)
        while day <= last:
            if day.month not in self._months:
                day = _next_month(day)
                first_time = (0, 0, 0)
                continue
            if day.day in self._days and day.isoweekday() % 7 in self._weekdays:
                found = self._first_time(first_time)
                if found is not None:
                    return day.replace(hour=found[0], minute=found[1], second=found[2])
            day += timedelta(days=1)
            first_time = (0, 0, 0)
        return None

    def _first_time(self, start: tuple[int, int, int]) -> tuple[int, int, int] | None:
        for hour in (value for value in self._hours if value >= start[0]):
            first_minute = start[1] if hour == start[0] else 0
            for minute in (value for value in self._minutes if value >= first_minute):
                at_start = hour == start[0] and minute == start[1]
                for second in self._seconds:
                    if second >= (start[2] if at_start else 0):
                        return hour, minute, second
        return None


def _next_month(day: datetime) -> datetime:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _parse(text: str, kind: _Field) -> set[int]:
    values: set[int] = set()
    for item in text.split(","):
        values.update(_parse_item(item, kind))
    return values


def _parse_item(item: str, kind: _Field) -> range:
    base, slash, step_text = item.partition("/")
    step = _number(step_text, kind, item) if slash else 1
    if step < 1:
        raise ValueError(f"{kind.name} {item!r}: the step must be 1 or more")
    if base == "*":
        low, high = kind.low, kind.high
    else:
        first, dash, last = base.partition("-")
        low = _value(first, kind, item)
        high = _value(last, kind, item) if dash else (kind.high if step > 1 else low)
    low, high = min(low, high), max(low, high)
    return range(low, high + 1, step)


def _value(text: str, kind: _Field, item: str) -> int:
    if kind.names and len(text) >= 3 and text.isalpha():
        for index, name in enumerate(kind.names):
            if text[:3].lower() == name:
                return index + kind.low
    value = _number(text, kind, item)
    if not kind.low <= value <= kind.high:
        raise ValueError(f"{kind.name} {item!r}: must be from {kind.low} to {kind.high}")
    return value


def _number(text: str, kind: _Field, item: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{kind.name} {item!r}: {text!r} is not a number")
    return int(text)
