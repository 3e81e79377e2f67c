from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordering.json_input import ContractError
from ordering.model import parse_check, parse_order, parse_placement

ORDER: dict[str, Any] = {
    "orderId": "o-1",
    "customerId": "ada",
    "items": [{"sku": "TEA", "quantity": 2}],
    "paymentMethod": "pm_card_visa",
}


def fields(data: object) -> list[str]:
    with pytest.raises(ContractError) as caught:
        parse_order(data)
    return [error["field"] for error in caught.value.errors]


def with_item(**changes: object) -> dict[str, Any]:
    return {**ORDER, "items": [{"sku": "TEA", "quantity": 2, **changes}]}


def test_an_order_is_read_and_written_as_it_came() -> None:
    assert parse_order(ORDER).to_json() == ORDER


def test_a_check_tells_when_its_order_was_placed_unless_an_earlier_version_sent_it() -> None:
    then = datetime(2026, 11, 22, 12, 0, 7, tzinfo=timezone.utc)
    order = parse_order(ORDER)
    assert parse_check({**ORDER, "placedAt": "2026-11-22T12:00:07Z"}) == (order, then)
    assert parse_check(ORDER) == (order, None)
    for bad in (None, [], {**ORDER, "more": 1}):
        with pytest.raises(ContractError):
            parse_check(bad)
    assert fields({**ORDER, "placedAt": "2026-11-22T12:00:07Z"}) == ["placedAt"]


def test_an_order_needs_no_id() -> None:
    for data in ({**ORDER, "orderId": None}, {k: v for k, v in ORDER.items() if k != "orderId"}):
        order = parse_order(data)
        assert order.order_id is None
        assert "orderId" not in order.to_json()
        assert order.with_id("o-1") == parse_order(ORDER)


@pytest.mark.parametrize("order_id", ["a", "Z9", "0", "a-b_c", "a" * 100])
def test_these_ids_are_legal(order_id: str) -> None:
    assert parse_order({**ORDER, "orderId": order_id}).order_id == order_id


@pytest.mark.parametrize(
    "order_id",
    [
        "",
        "-a",
        "_a",
        "a" * 101,
        "a\n",
        "x/terminate?reason=pwn#",
        "../x",
        "a b",
        "a%2Fb",
        "@a",
        "\N{LATIN SMALL LETTER E WITH ACUTE}",
        "\N{ARABIC-INDIC DIGIT ONE}",
        5,
        True,
        ["a"],
    ],
)
def test_these_ids_are_not(order_id: object) -> None:
    assert fields({**ORDER, "orderId": order_id}) == ["orderId"]


@pytest.mark.parametrize("quantity", [0, -1, 10_001, 10**9, 10**30, "3", 3.0, True, None, [3]])
def test_a_quantity_is_a_whole_number_from_1_to_10000(quantity: object) -> None:
    assert fields(with_item(quantity=quantity)) == ["items[0].quantity"]
    assert parse_order(with_item(quantity=10_000)).items[0].quantity == 10_000


@pytest.mark.parametrize("sku", ["", "-TEA", ".", "TEA'", "TEA\n", "a" * 65, "TE A", 5, None])
def test_an_illegal_sku_is_named(sku: object) -> None:
    assert fields(with_item(sku=sku)) == ["items[0].sku"]


@pytest.mark.parametrize("field", ["customerId", "paymentMethod"])
@pytest.mark.parametrize(
    "text", ["", " ", " a", "a ", "a\nb", "a\x00", "\x7f", "a" * 101, "\ud800", "\u202e", 5, None]
)
def test_a_label_is_printable(field: str, text: object) -> None:
    assert fields({**ORDER, field: text}) == [field]


def test_labels_may_hold_any_script() -> None:
    name = "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS} \N{CJK UNIFIED IDEOGRAPH-8336}"
    assert parse_order({**ORDER, "customerId": name}).customer_id == name


@pytest.mark.parametrize("name", ["customerId", "items", "paymentMethod"])
def test_a_missing_field_is_named(name: str) -> None:
    assert fields({key: value for key, value in ORDER.items() if key != name}) == [name]


@pytest.mark.parametrize("name", ["customerid", "customer_id", "price", ""])
def test_an_unknown_field_is_named_so_that_a_typo_shows(name: str) -> None:
    assert fields({**ORDER, name: 1}) == [name or "body"]
    assert fields(with_item(unitPrice=1)) == ["items[0].unitPrice"]


@pytest.mark.parametrize("items", [[], None, {}, "TEA", [{"sku": "A", "quantity": 1}] * 51])
def test_an_order_has_1_to_50_lines(items: object) -> None:
    assert "items" in fields({**ORDER, "items": items})


def test_a_sku_has_one_line() -> None:
    lines = [{"sku": sku, "quantity": 1} for sku in ("A", "B", "A", "a")]
    with pytest.raises(ContractError, match=r"items\[2\]\.sku is in items\[0\] already"):
        parse_order({**ORDER, "items": lines})


def test_every_bad_field_is_named_at_once() -> None:
    lines = [{"sku": "A", "quantity": 0}, 5, {"sku": "A", "quantity": 1, "x": 1}, {}]
    assert sorted(fields({"orderId": "/", "customerId": "", "items": lines, "more": 1})) == [
        "customerId",
        "items[0].quantity",
        "items[1]",
        "items[2].sku",
        "items[2].x",
        "items[3].quantity",
        "items[3].sku",
        "more",
        "orderId",
        "paymentMethod",
    ]


@pytest.mark.parametrize("data", [None, 5, "order", [], [ORDER], True])
def test_an_order_is_an_object(data: object) -> None:
    assert fields(data) == ["body"]


def test_an_error_says_what_the_field_must_be() -> None:
    with pytest.raises(ContractError, match="quantity must be a whole number from 1 to 10000"):
        parse_order(with_item(quantity=0))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(data=json_values, name=st.sampled_from([*ORDER, "items[0]"]))
def test_no_value_of_json_is_more_than_a_contract_error(data: Any, name: str) -> None:
    for order in (data, {**ORDER, name: data}, {**ORDER, "items": [data]}):
        for parse in (parse_order, parse_placement):
            try:
                parse(order)
            except ContractError as error:
                assert error.errors


def test_a_placement_waits_a_week_and_looks_daily_unless_told() -> None:
    placement = parse_placement(ORDER)
    assert placement.order == parse_order(ORDER)
    assert (placement.wait_seconds, placement.recheck_seconds) == (604_800, 86_400)


def test_a_placement_says_how_long_to_wait() -> None:
    placement = parse_placement({**ORDER, "waitSeconds": 10, "recheckSeconds": 3})
    assert (placement.wait_seconds, placement.recheck_seconds) == (10, 3)


def test_a_placement_looks_at_least_daily() -> None:
    assert parse_placement({**ORDER, "recheckSeconds": 10**6}).recheck_seconds == 86_400


@pytest.mark.parametrize("name", ["waitSeconds", "recheckSeconds"])
@pytest.mark.parametrize("seconds", [0, -1, "5", 1.5, True, None])
def test_a_wait_is_a_whole_number_of_seconds(name: str, seconds: object) -> None:
    with pytest.raises(ContractError, match=name):
        parse_placement({**ORDER, name: seconds})


def test_a_wait_stays_within_the_calendar() -> None:
    with pytest.raises(ContractError, match="waitSeconds"):
        parse_placement({**ORDER, "waitSeconds": 10**12})


@pytest.mark.parametrize("data", [{**ORDER, "orderId": None}, {}, None, 5])
def test_a_placement_needs_an_order_with_an_id(data: object) -> None:
    with pytest.raises(ContractError):
        parse_placement(data)
