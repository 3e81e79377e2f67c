import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordering.json_input import ContractError
from ordering.notifications import (
    EVENT_NAMES,
    Notification,
    canonical_event_name,
    harmless,
    parse_notification,
    reserved_name,
)

GOOD = {"instanceID": "o-1", "EventName": "Proceed", "EventData": {"by": "ada"}}


def parse(value: Any) -> Notification:
    return parse_notification(json.dumps(value).encode())


def test_a_notification_is_read() -> None:
    assert parse(GOOD) == Notification("o-1", "Proceed", {"by": "ada"})


@pytest.mark.parametrize("spelling", [str.lower, str.upper, str.title])
def test_property_names_ignore_case(spelling: Any) -> None:
    assert parse({spelling(name): value for name, value in GOOD.items()}) == parse(GOOD)


@pytest.mark.parametrize(
    ("written", "sent"), [("proceed", "Proceed"), ("PROCEED", "Proceed"), ("cANCEL", "Cancel")]
)
def test_the_event_name_is_sent_as_the_orchestrator_declares_it(written: str, sent: str) -> None:
    assert parse({**GOOD, "EventName": written}).event_name == sent


def test_missing_data_is_null() -> None:
    assert parse({"instanceID": "o-1", "EventName": "Cancel"}).event_data is None
    assert parse({**GOOD, "EventData": None}).event_data is None


@pytest.mark.parametrize("data", [0, False, "", [], {}, [1, {"a": None}], "text", 1.5])
def test_data_may_be_anything(data: object) -> None:
    assert parse({**GOOD, "EventData": data}).event_data == data


def test_further_properties_are_ignored() -> None:
    assert parse({**GOOD, "traceId": 1}) == parse(GOOD)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "cannot be read"),
        (b"Proceed o-1", "cannot be read"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"[]", "must be a JSON object"),
        (b"5", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b"{}", "instanceID must be an order's id"),
        (
            b'{"instanceID": "o-1", "EventName": "Go"}',
            f'one of {", ".join(EVENT_NAMES)}; it is "Go"',
        ),
        (b'{"instanceID": "o-1", "EventName": null}', "EventName must be one of"),
        (b'{"instanceID": "o-1", "EventName": ["Proceed"]}', "EventName must be one of"),
        (b'{"instanceID": 5, "EventName": "Proceed"}', "instanceID must be"),
        (b'{"instanceID": "o-1", "instanceid": "o-2", "EventName": "Proceed"}', "twice"),
    ],
)
def test_what_can_never_be_delivered_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(ContractError, match=reason):
        parse_notification(body)


@pytest.mark.parametrize(
    "instance_id",
    ["x/terminate?reason=pwn#", "../o-1", "o-1\n", "", "@a@b", "a" * 101, "o 1", "o%2F1"],
)
def test_no_id_reaches_the_url_of_another_order(instance_id: str) -> None:
    with pytest.raises(ContractError, match="instanceID"):
        parse({**GOOD, "instanceID": instance_id})


@pytest.mark.parametrize("name", ["Proceed/x", "Proceed?taskHub=Other", "Proceed ", "", "\u212a"])
def test_no_event_name_reaches_the_url_either(name: str) -> None:
    with pytest.raises(ContractError, match="EventName"):
        parse({**GOOD, "EventName": name})


def test_both_bad_fields_are_named_and_long_values_cut() -> None:
    with pytest.raises(ContractError) as caught:
        parse({"instanceID": "/" * 1000, "EventName": "?" * 1000})
    assert [error["field"] for error in caught.value.errors] == ["instanceID", "EventName"]
    assert len(str(caught.value)) < 400


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_a_notification_or_a_contract_error(body: bytes) -> None:
    try:
        parse_notification(body)
    except ContractError as error:
        assert error.errors


def test_a_name_is_found_ignoring_case() -> None:
    assert canonical_event_name("pROCEED") == "Proceed"
    assert canonical_event_name("Cancel") == "Cancel"
    assert canonical_event_name("Go") is None


CLASS = {"__class__": "x", "__module__": "y", "__data__": 1}


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (CLASS, "__class__"),
        ({"a": [1, {"b": CLASS}]}, "a[1].b.__class__"),
        ([[{"__x": 1}]], "[0][0].__x"),
        ({"__": 1}, "__"),
        (None, None),
        ("__class__", None),
        (["__class__"], None),
        ({"_class": "__class__", "a__b": {"c_": 1}}, None),
    ],
)
def test_a_name_that_an_sdk_could_act_on_is_found_at_any_depth(data: Any, path: Any) -> None:
    assert reserved_name(data) == path
    assert harmless(data) == (data if path is None else json.dumps(data))
