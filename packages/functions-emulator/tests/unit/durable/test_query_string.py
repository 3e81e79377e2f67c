import pytest
from aiohttp.test_utils import make_mocked_request

from functions_emulator.durable import query_string


def asked(query: str) -> query_string.Query:
    return query_string.instances(make_mocked_request("GET", f"/instances?{query}"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-30T10:00:00Z", "2026-11-30T10:00:00.000000Z"),
        ("2026-11-30T10:00:00%2B02:00", "2026-11-30T08:00:00.000000Z"),
        ("2026-11-30", "2026-11-30T00:00:00.000000Z"),
        ("soon", None),
        ("", None),
    ],
)
def test_a_time_is_read_in_utc_and_a_bad_one_is_not_there(value: str, expected: str | None) -> None:
    assert asked(f"CreatedTimeFrom={value}").created_from == expected


def test_a_list_that_names_no_times_has_none_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_string, "parse_date", None)
    found = asked("runtimeStatus=Pending,running,odd&instanceIdPrefix=o-")
    assert (found.created_from, found.created_to, found.prefix) == (None, None, "o-")
    assert found.statuses == ("Pending", "Running")
