import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordering.json_input import JsonError, parse_json


def test_json_is_read() -> None:
    value = {"a": [1, -2.5, None, True, "\N{GRINNING FACE}\x00\n"], "b": {}}
    assert parse_json(json.dumps(value).encode()) == value
    assert parse_json(json.dumps(value, ensure_ascii=False)) == value


def test_a_byte_order_mark_does_no_harm() -> None:
    assert parse_json(b"\xef\xbb\xbf5") == 5


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "not JSON"),
        (b"hello", "not JSON"),
        (b"{'a': 1}", "line 1, column 2"),
        (b'{"a": 1,}', "not JSON"),
        (b"1 2", "not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[NaN]", "NaN"),
        (b"[Infinity]", "Infinity"),
        (b"[-Infinity]", "-Infinity"),
        (b"[1e999]", "too large"),
        (b"[1." + b"0" * 500 + b"]", "too long"),
        (b"[" + b"9" * 5000 + b"]", "5000 digits"),
        (b'{"a": 1, "b": 2, "a": 3}', '"a" twice'),
        (b'"\\ud800"', "surrogate"),
        (b'{"\\udfff": 1}', "surrogate"),
        (b'[{"a": ["\\ud800x"]}]', "surrogate"),
        (b"[" * 33 + b"]" * 33, "deeper than 32"),
        (b"[" * 30_000 + b"]" * 30_000, "deeper than 32"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "deeper than 32"),
    ],
)
def test_what_cannot_be_passed_on_is_refused_with_the_reason(text: bytes, reason: str) -> None:
    with pytest.raises(JsonError, match=reason):
        parse_json(text)


def test_thirty_two_levels_are_read() -> None:
    assert parse_json(b"[" * 32 + b"]" * 32)


def test_a_pair_of_surrogates_is_a_character() -> None:
    assert parse_json(b'"\\ud83d\\ude00"') == "\N{GRINNING FACE}"


@given(st.binary() | st.text())
def test_anything_is_json_that_can_be_written_or_a_json_error(text: bytes | str) -> None:
    try:
        value = parse_json(text)
    except JsonError:
        return
    json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
