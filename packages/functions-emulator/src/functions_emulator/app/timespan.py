"""The .NET TimeSpan format of host.json and of timer schedules."""

import re
from datetime import timedelta

_TIMESPAN = re.compile(
    r"(?P<sign>-)?(?:(?P<days>\d+)\.)?(?P<hours>\d{1,2}):(?P<minutes>\d{1,2})"
    r"(?::(?P<seconds>\d{1,2})(?:\.(?P<fraction>\d{1,7}))?)?",
    re.ASCII,
)


def parse_timespan(text: str) -> timedelta:
    """Read `[-][d.]hh:mm[:ss[.fffffff]]`, or whole days as one number; raise ValueError.

    As TimeSpan.Parse does: hours end at 23, minutes and seconds at 59.
    """
    text = text.strip()
    if re.fullmatch(r"-?\d+", text, re.ASCII):
        return timedelta(days=int(text))
    match = _TIMESPAN.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a time span such as 00:00:05 or 1.12:00:00")
    hours, minutes = int(match["hours"]), int(match["minutes"])
    seconds = int(match["seconds"] or 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        raise ValueError(f"{text!r}: hours end at 23, minutes and seconds at 59; write 1.00:00:00")
    span = timedelta(
        days=int(match["days"] or 0),
        hours=hours,
        minutes=minutes,
        seconds=seconds,
        microseconds=int((match["fraction"] or "0").ljust(7, "0")) // 10,
    )
    return -span if match["sign"] else span
