"""Stock over HTTP."""

from typing import Any

import pytest

from tests.e2e.running_app import RunningApp, unique

PRODUCT = {"description": "Beans", "unitPrice": 1890, "currency": "EUR", "available": 3}


def test_a_sku_that_was_put_is_found_alone_and_in_the_list(app: RunningApp) -> None:
    sku = unique("sku")
    app.call("PUT", f"/api/inventory/{sku}", PRODUCT)

    found = app.call("GET", f"/api/inventory/{sku}")

    assert found.status == 200
    assert found.json() == {"sku": sku, **PRODUCT}
    listed = app.call("GET", "/api/inventory")
    assert {"sku": sku, **PRODUCT, "held": 0, "waiting": 0} in listed.json()["items"]


def test_putting_a_sku_again_replaces_it(app: RunningApp) -> None:
    sku = unique("sku")
    app.call("PUT", f"/api/inventory/{sku}", PRODUCT)
    app.call("PUT", f"/api/inventory/{sku}", {**PRODUCT, "available": 0, "unitPrice": 5})
    found = app.call("GET", f"/api/inventory/{sku}").json()
    assert (found["available"], found["unitPrice"]) == (0, 5)


def test_an_unknown_sku_is_not_found(app: RunningApp) -> None:
    assert app.call("GET", f"/api/inventory/{unique('sku')}").status == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("available", -1),
        ("available", "3"),
        ("available", None),
        ("unitPrice", 18.9),
        ("unitPrice", -1),
        ("currency", "euro"),
        ("description", 5),
        ("availabel", 3),
    ],
)
def test_a_bad_field_of_a_sku_is_named(app: RunningApp, name: str, value: Any) -> None:
    sku = unique("sku")
    answer = app.call("PUT", f"/api/inventory/{sku}", {**PRODUCT, name: value})
    assert answer.status == 400
    assert [field["field"] for field in answer.json()["fields"]] == [name]
    assert app.call("GET", f"/api/inventory/{sku}").status == 404


def test_an_illegal_sku_is_refused(app: RunningApp) -> None:
    answer = app.call("PUT", "/api/inventory/-sku", PRODUCT)
    assert answer.status == 400
    assert [field["field"] for field in answer.json()["fields"]] == ["sku"]


@pytest.mark.parametrize("body", [b"", b"not json", b"[]"])
def test_a_body_that_is_no_product_is_refused(app: RunningApp, body: bytes) -> None:
    assert app.call("PUT", f"/api/inventory/{unique('sku')}", body).status == 400
