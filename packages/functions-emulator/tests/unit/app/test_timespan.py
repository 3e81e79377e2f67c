from datetime import timedelta

import pytest

from functions_emulator.app.timespan import parse_timespan


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("00:00:05", timedelta(seconds=5)),
        ("01:02", timedelta(hours=1, minutes=2)),
        ("1.12:00:00", timedelta(days=1, hours=12)),
        ("00:00:00.25", timedelta(milliseconds=250)),
        ("-00:00:01", timedelta(seconds=-1)),
        ("7", timedelta(days=7)),
    ],
)
def test_a_time_span_is_read_as_dotnet_reads_it(text: str, span: timedelta) -> None:
    assert parse_timespan(text) == span


@pytest.mark.parametrize("text", ["", "5s", "24:00:00", "00:60:00", "00:00:60", "1:2:3:4", "٣"])
def test_what_dotnet_refuses_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="00:00:05|hours end"):
        parse_timespan(text)
