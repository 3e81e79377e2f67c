"""What a request for a list may ask for, and which tokens are places."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from clients.list_query import LONGEST_TOKEN, MOST, STAGES, Filter, Place, parse_filter
from clients.replies import Refused
from ordering.stock.ended import END_OF_TIME, Position

PLACE = Place(True, Position(7, "o-1"))
HEADER = "x-ms-continuation-token"


def refused(*fields: str, **params: str) -> None:
    with pytest.raises(Refused) as raised:
        parse_filter(params, {})
    assert raised.value.status == 400
    assert [each["field"] for each in raised.value.fields] == list(fields)


def token(value: Any, **how: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, **how).encode()).decode()


def test_a_list_is_of_all_stages_and_of_the_first_hundred() -> None:
    assert parse_filter({}, {}) == Filter(None, MOST, None) == Filter(None, 100, None)


def test_every_bad_parameter_is_named() -> None:
    refused("page", "stage", "top", "continuationToken", page="1", stage="Gone", top="0",
            continuationToken="x")  # fmt: skip


@pytest.mark.parametrize("name", ["code", "clientId"])
def test_the_key_of_a_function_is_no_filter(name: str) -> None:
    assert parse_filter({name: "secret", "top": "5"}, {}).top == 5


@pytest.mark.parametrize("top", ["1", "01", "001", "99", "100"])
def test_a_page_has_as_many_as_it_says(top: str) -> None:
    assert parse_filter({"top": top}, {}).top == int(top)


@pytest.mark.parametrize(
    "top", ["", "0", "000", "101", "0001", "0100", "-1", "+1", "1.0", "\u0661", "\u00b2"]
)
def test_a_number_that_no_page_has_is_refused(top: str) -> None:
    refused("top", top=top)


@pytest.mark.parametrize("stage", [None, *STAGES])
@pytest.mark.parametrize("is_checked", [True, False])
@pytest.mark.parametrize("left", [0, 1, END_OF_TIME])
def test_a_token_is_a_place_of_its_stage_in_the_query_or_in_the_header(
    stage: str | None, is_checked: bool, left: int
) -> None:
    place = Place(is_checked, Position(left, "o-1"))
    text = place.to_text(stage)
    params = {"stage": stage} if stage else {}
    assert parse_filter({**params, "continuationToken": text}, {}).after == place
    assert parse_filter(params, {HEADER: text}).after == place
    other = "Failed" if stage != "Failed" else "Invoiced"
    refused("continuationToken", stage=other, continuationToken=text)


PARTS = [None, True, 7, "o-1"]


@pytest.mark.parametrize(
    "text",
    [
        "not base64",
        "\u00e9",
        base64.urlsafe_b64encode(b"{").decode(),
        base64.urlsafe_b64encode(b"\xff").decode(),
        base64.urlsafe_b64encode(b"[" * 300).decode(),
        *(token(value) for value in (None, 5, "abcd", {}, {"0": 1, "1": 2, "2": 3, "3": 4}, [])),
        token(PARTS[:3]),
        token([*PARTS, 1]),
        token([None, 1, 7, "o-1"]),
        *(token([None, True, left, "o-1"]) for left in (True, 7.0, "7", -1, END_OF_TIME + 1, None)),
        *(token([None, True, 7, order_id]) for order_id in ("", "a b", 7, None, "x" * 101)),
        # What says the same in other words.
        token(PARTS, separators=(",", ":")),
        f"{token(PARTS)}\n",
        f" {token(PARTS)}",
    ],
)
def test_a_text_that_is_no_token_of_ours_is_refused(text: str) -> None:
    assert parse_filter({"continuationToken": token(PARTS)}, {}).after == PLACE
    refused("continuationToken", continuationToken=text)


def test_a_long_text_is_not_even_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[str] = []
    monkeypatch.setattr(
        "clients.list_query.base64.b64decode", lambda text, *_, **__: looked_at.append(text) or b"0"
    )
    refused("continuationToken", continuationToken="x" * LONGEST_TOKEN)
    assert len(looked_at) == 1
    refused("continuationToken", continuationToken="x" * (LONGEST_TOKEN + 1))
    assert len(looked_at) == 1
