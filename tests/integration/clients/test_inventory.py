from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TEA = {"description": "Tea", "unitPrice": 250, "currency": "EUR", "available": 5}


def test_a_sku_is_created_read_and_listed(api: Any) -> None:
    assert api.get("inventory").body == {"items": []}
    written = api.put("inventory/TEA", TEA)
    assert (written.status, written.body) == (200, {"sku": "TEA", **TEA})
    assert api.get("inventory/TEA").body == written.body
    assert api.get("inventory").body == {"items": [written.body]}


@pytest.mark.parametrize("sku", ["NONE", "", "a'b", "a b", "-x", "a" * 65, "\ud800"])
def test_a_sku_that_is_not_there_is_not_found(api: Any, sku: str) -> None:
    answer = api.get(f"inventory/{sku}")
    assert answer.status == 404 and answer.body["error"]


@pytest.mark.parametrize("sku", ["-x", "a'b", "a b", "a" * 65])
def test_an_illegal_sku_is_not_created(api: Any, sku: str) -> None:
    answer = api.put(f"inventory/{sku}", TEA)
    assert (answer.status, answer.fields) == (400, ["sku"])


@pytest.mark.parametrize("name", list(TEA))
def test_a_bad_field_is_named_and_nothing_is_set(api: Any, name: str) -> None:
    answer = api.put("inventory/TEA", {**TEA, name: -1})
    assert (answer.status, answer.fields) == (400, [name])
    assert api.get("inventory/TEA").status == 404


values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(name=st.sampled_from([*TEA, "more"]), value=values, sku=st.text(min_size=1))
def test_nothing_that_is_sent_is_a_fault_of_ours(api: Any, name: str, value: Any, sku: str) -> None:
    answer = api.put("inventory/TEA", {**TEA, name: value})
    assert answer.status in (200, 400)
    if answer.status == 200:
        assert api.get("inventory/TEA").body == answer.body
    assert api.get(f"inventory/{sku}").status in (200, 404)
