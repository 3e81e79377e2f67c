import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordering.storage.entities import Row, from_json, to_json

NOON = datetime(2026, 11, 25, 12, 0, 0, 123456, timezone.utc)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("", {"x": ""}),
        ("茶", {"x": "茶"}),
        (True, {"x": True}),
        (0, {"x@odata.type": "Edm.Int64", "x": "0"}),
        (-(2**63), {"x@odata.type": "Edm.Int64", "x": "-9223372036854775808"}),
        (1.0, {"x@odata.type": "Edm.Double", "x": 1.0}),
        (float("-inf"), {"x@odata.type": "Edm.Double", "x": "-Infinity"}),
        (b"\x00\xff", {"x@odata.type": "Edm.Binary", "x": "AP8="}),
        (NOON, {"x@odata.type": "Edm.DateTime", "x": "2026-11-25T12:00:00.123456Z"}),
        (
            NOON.replace(tzinfo=None),
            {"x@odata.type": "Edm.DateTime", "x": "2026-11-25T12:00:00.123456Z"},
        ),
        (
            NOON.astimezone(timezone(timedelta(hours=2))),
            {"x@odata.type": "Edm.DateTime", "x": "2026-11-25T12:00:00.123456Z"},
        ),
    ],
)
def test_a_value_is_written_with_its_type(value: Any, written: dict[str, Any]) -> None:
    assert json.loads(to_json({"x": value})) == written


@pytest.mark.parametrize("value", [None, [], {}, object()])
def test_what_no_property_holds_is_named(value: Any) -> None:
    with pytest.raises(TypeError, match="x cannot hold"):
        to_json({"x": value})


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1])
def test_a_number_that_is_too_large_is_named(value: int) -> None:
    with pytest.raises(ValueError, match="x takes 64 bits"):
        to_json({"x": value})


moments = st.datetimes(timezones=st.just(timezone.utc), min_value=datetime(1601, 1, 1))
values = (
    st.text(st.characters(exclude_categories=["Cs"]))
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.binary()
    | moments
)


@given(st.dictionaries(st.from_regex(r"\A[A-Za-z_]\w{0,5}\Z"), values))
def test_what_is_written_is_read_again(row: dict[str, Any]) -> None:
    read = from_json(json.loads(to_json(row)), "e")
    assert read == row
    assert {name: type(value) for name, value in read.items()} == {
        name: type(value) for name, value in row.items()
    }
    assert read.etag == "e"


def test_metadata_is_no_property() -> None:
    body = {"odata.metadata": "m", "odata.etag": 'W/"1"', "RowKey": "r", "n": 7}
    read = from_json(body)
    assert (read, read.etag) == ({"RowKey": "r", "n": 7}, 'W/"1"')


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [("2026-11-25T12:00:00Z", 0), ("2026-11-25T12:00:00.1234567Z", 123456)],
)
def test_a_time_of_the_services_is_read(text: str, microsecond: int) -> None:
    read = from_json({"Timestamp@odata.type": "Edm.DateTime", "Timestamp": text})
    assert read["Timestamp"] == NOON.replace(microsecond=microsecond)


def test_a_row_can_be_made_with_its_etag() -> None:
    assert Row({"a": 1}, "e").etag == "e"
    assert Row(Row({"a": 1}, "e")).etag == ""
