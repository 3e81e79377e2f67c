"""The contracts against whatever may come: they accept or refuse, and nothing else happens."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ordering.json_input import ContractError, JsonError, parse_json
from ordering.model import (
    MOST_ITEMS,
    MOST_OF_AN_ITEM,
    is_order_id,
    is_sku,
    parse_order,
    parse_placement,
)
from ordering.notifications import EVENT_NAMES, parse_notification
from ordering.stock.catalogue import parse_stock_item
from ordering.stock.restocking import parse_restock
from tests.hostile import EVENT, ITEM, ORDER, STEADY, broken, json_values, nested, raw, texts

MANY = settings(STEADY, max_examples=300)
PLACEMENT = {**ORDER, "waitSeconds": 60, "recheckSeconds": 60}


@MANY
@given(broken(ORDER) | json_values)
def test_an_order_is_taken_as_it_is_or_refused_by_field(data: Any) -> None:
    try:
        order = parse_order(data)
    except ContractError as error:
        assert error.errors
        assert all(problem["field"] and problem["message"] for problem in error.errors)
        assert len(str(error)) < 200_000
        return
    assert order.order_id is None or is_order_id(order.order_id)
    assert 1 <= len(order.items) <= MOST_ITEMS
    assert all(is_sku(item.sku) and 1 <= item.quantity <= MOST_OF_AN_ITEM for item in order.items)
    assert len({item.sku for item in order.items}) == len(order.items)
    assert parse_order(json.loads(json.dumps(order.to_json()))) == order


@MANY
@given(broken(PLACEMENT) | json_values)
def test_a_placement_is_patient_for_a_finite_time(data: Any) -> None:
    try:
        placement = parse_placement(data)
    except ContractError as error:
        assert error.errors
        return
    assert 1 <= placement.recheck_seconds <= 86_400
    assert 1 <= placement.wait_seconds <= 10 * 365 * 86_400
    assert is_order_id(placement.order.order_id)


@MANY
@given(broken(ITEM) | json_values)
def test_a_stock_item_holds_numbers_that_the_table_takes(data: Any) -> None:
    try:
        item = parse_stock_item(data)
    except ContractError as error:
        assert error.errors
        return
    assert 0 <= item.available <= 10**9 and 0 <= item.unit_price <= 10**9
    assert item.description.encode()


@MANY
@given(broken({"quantity": 3}) | json_values)
def test_a_restock_is_a_number_of_pieces(data: Any) -> None:
    try:
        assert 1 <= parse_restock(data) <= 10**9
    except ContractError as error:
        assert error.errors


@MANY
@given(raw | (broken(EVENT) | json_values).map(lambda value: json.dumps(value).encode()))
def test_a_notification_names_one_order_and_one_known_event(body: bytes) -> None:
    try:
        event = parse_notification(body)
    except ContractError as error:
        assert error.errors
        assert len(str(error)) < 2_000, "it is logged"
        return
    assert is_order_id(event.instance_id)
    assert event.event_name in EVENT_NAMES
    json.dumps(event.event_data, allow_nan=False).encode()


@MANY
@given(
    raw
    | json_values.map(
        lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    )
)
def test_what_is_read_as_json_can_be_passed_on(body: bytes) -> None:
    try:
        value = parse_json(body)
    except JsonError as error:
        assert "\n" not in str(error)
        return
    assert parse_json(json.dumps(value, allow_nan=False)) == value


@settings(STEADY, max_examples=500)
@given(texts | st.from_regex(r"[A-Za-z0-9_-]{1,110}[\n/?#]?", fullmatch=True))
def test_an_id_that_passes_is_plain_in_a_url_and_in_a_filter(text: str) -> None:
    if is_order_id(text) or is_sku(text):
        assert text.isascii() and text.isprintable()
        assert not set(text) & set("/\\?#%&'\" \n")


@pytest.mark.parametrize("depth", [1, 30, 33, 500])
def test_depth_is_limited_before_it_hurts(depth: int) -> None:
    body = json.dumps({**EVENT, "EventData": nested(depth)}).encode()
    if depth > 31:
        with pytest.raises(ContractError, match="nested deeper"):
            parse_notification(body)
    else:
        parse_notification(body)
