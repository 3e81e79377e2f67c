import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ordering.model import parse_order
from ordering.shop import shop
from ordering.stock.waiting import Lines

TEA = {"description": "Tea", "unitPrice": 250, "currency": "EUR", "available": 5}


def test_a_sku_is_created_read_and_listed(api: Any) -> None:
    assert api.get("inventory").body == {"items": []}
    written = api.put("inventory/TEA", TEA)
    assert (written.status, written.body) == (200, {"sku": "TEA", **TEA})
    assert api.get("inventory/TEA").body == written.body
    assert api.get("inventory").body == {"items": [{**written.body, "held": 0, "waiting": 0}]}


def listed(api: Any, top: int | None = None) -> list[list[str]]:
    """Return the SKUs of each page of the list, and look at the size of its answer."""
    pages = []
    query: dict[str, str] = {} if top is None else {"top": str(top)}
    while True:
        answer = api.get("inventory", params=query)
        assert answer.status == 200
        assert len(json.dumps(answer.body)) <= 64 * 1024
        pages.append([item["sku"] for item in answer.body["items"]])
        if "continuationToken" not in answer.body:
            return pages
        query["continuationToken"] = answer.body["continuationToken"]


def test_a_list_that_is_too_long_for_one_answer_goes_on_in_the_next(api: Any) -> None:
    names = sorted(f"{letter}{end}" for letter in "aZ" for end in ("", "-1", ".2", "3", "_4", "b"))
    for sku in names:
        api.put(f"inventory/{sku}", TEA)
    assert listed(api) == [names]
    for top in (1, 5, 6, 11, 12, 500):
        pages = listed(api, top)
        assert [sku for page in pages for sku in page] == names
        assert {len(page) for page in pages[:-1]} <= {top} and 1 <= len(pages[-1]) <= top


def test_no_answer_is_over_64_kb_however_long_the_descriptions_are(api: Any) -> None:
    names = [f"SKU{number:02d}" for number in range(60)]
    for sku in names:
        api.put(f"inventory/{sku}", {**TEA, "description": "\N{GRINNING FACE}" * 200})
    pages = listed(api)
    assert len(pages) == 3
    assert [sku for page in pages for sku in page] == names


def test_the_lines_are_counted_of_no_sku_that_the_answer_has_no_room_for(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        api.put(f"inventory/SKU{number}", {**TEA, "description": "\N{GRINNING FACE}" * 200})
    counted: list[list[str]] = []
    whole = Lines.lengths

    def watched(lines: Lines, skus: Iterable[str]) -> Mapping[str, int]:
        counted.append(list(skus))
        return whole(lines, counted[-1])

    monkeypatch.setattr(Lines, "lengths", watched)
    pages = listed(api)
    assert len(pages) == 2
    assert counted == pages


@pytest.mark.parametrize(
    ("params", "fields"),
    [
        ({"top": "0"}, ["top"]),
        ({"top": "501"}, ["top"]),
        ({"top": "\N{SUPERSCRIPT TWO}"}, ["top"]),
        ({"continuationToken": "sku:TEA' or true"}, ["continuationToken"]),
        ({"top": "x", "continuationToken": " "}, ["top", "continuationToken"]),
    ],
)
def test_a_page_that_cannot_be_is_refused(
    api: Any, params: dict[str, str], fields: list[str]
) -> None:
    answer = api.get("inventory", params=params)
    assert answer.status == 400
    assert [each["field"] for each in answer.body["fields"]] == fields


def order(order_id: str, **items: int) -> Any:
    lines = [{"sku": sku, "quantity": quantity} for sku, quantity in items.items()]
    return parse_order(
        {"orderId": order_id, "customerId": "a", "items": lines, "paymentMethod": "p"}
    )


def test_the_list_says_what_orders_have_and_how_many_wait(
    api: Any, count_requests: Callable[[], int]
) -> None:
    for sku in ("TEA", "MUG"):
        api.put(f"inventory/{sku}", TEA)
    shop().check_and_reserve(order("o-1", TEA=3))
    shop().check_and_reserve(order("o-2", TEA=3))
    shop().check_and_reserve(order("o-3", TEA=3, MUG=1))
    shop().payments.pay(order("o-1", TEA=3))
    before = count_requests()
    mug, tea = api.get("inventory").body["items"]
    assert count_requests() - before == 2
    assert [mug[name] for name in ("available", "held", "waiting")] == [5, 0, 1]
    assert [tea[name] for name in ("available", "held", "waiting")] == [2, 3, 2]


@pytest.mark.parametrize("route", ["inventory", "inventory/TEA"])
def test_what_has_not_changed_is_not_sent_again(api: Any, route: str) -> None:
    api.put("inventory/TEA", TEA)
    first = api.get(route)
    known = {"If-None-Match": first.headers["ETag"]}
    again = api.get(route, b"", known)
    assert (again.status, again.body) == (304, None)
    assert again.headers["ETag"] == first.headers["ETag"]
    shop().check_and_reserve(order("o-1", TEA=3))
    changed = api.get(route, b"", known)
    assert changed.status == 200 and changed.headers["ETag"] != first.headers["ETag"]


def test_a_sku_is_set_only_as_it_was_read(api: Any) -> None:
    first = api.put("inventory/TEA", TEA).headers["ETag"]
    assert api.get("inventory/TEA").headers["ETag"] == first
    shop().check_and_reserve(order("o-1", TEA=3))
    refused = api.put("inventory/TEA", {**TEA, "available": 9}, {"If-Match": first})
    assert refused.status == 412 and "Read it again" in refused.body["error"]
    now = api.get("inventory/TEA").headers["ETag"]
    for header in (f'"other", {now}', "*"):
        assert api.put("inventory/TEA", TEA, {"If-Match": header}).status == 200
    assert api.put("inventory/NEW", TEA, {"If-Match": "*"}).status == 412
    for header in ("garbled", "", " ", ","):
        assert api.put("inventory/TEA", TEA, {"If-Match": header}).status == 412
    assert api.get("inventory/NEW").status == 404


def test_a_sku_is_created_only_where_there_is_none(api: Any) -> None:
    new = {"If-None-Match": "*"}
    assert api.put("inventory/TEA", TEA, new).status == 200
    assert api.put("inventory/TEA", {**TEA, "available": 9}, new).status == 412
    assert api.get("inventory/TEA").body["available"] == 5
    answer = api.put("inventory/TEA", TEA, {"If-None-Match": '"x"'})
    assert (answer.status, answer.fields) == (400, ["If-None-Match"])


def test_of_many_who_create_a_sku_at_once_one_does(api: Any) -> None:
    async def at_once() -> list[Any]:
        puts = (api.call("PUT", "inventory/TEA", TEA, {"If-None-Match": "*"}) for _ in range(8))
        return await asyncio.gather(*puts)

    assert sorted(answer.status for answer in asyncio.run(at_once())) == [200] + [412] * 7


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
