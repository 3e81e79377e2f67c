from datetime import datetime, timedelta, timezone

from ordering.clock import timestamp, utc_now


def test_times_are_written_in_utc_with_z() -> None:
    east = timezone(timedelta(hours=2))
    assert timestamp(datetime(2026, 11, 22, 1, 5, 9, 7, east)) == "2026-11-21T23:05:09Z"
    assert timestamp(datetime(2026, 11, 22, 1, 5, 9)) == "2026-11-22T01:05:09Z"


def test_times_can_be_written_to_the_microsecond() -> None:
    moment = datetime(2026, 11, 22, 1, 5, 9, 7, timezone.utc)
    assert timestamp(moment, "microseconds") == "2026-11-22T01:05:09.000007Z"


def test_now_is_in_utc() -> None:
    assert utc_now().utcoffset() == timedelta(0)
