"""The list of orders: counts by stage, pages, and finding one by its id."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.shop import PAGE, Shop
from tools.processes import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

STAGES = {
    "AwaitingProceed": "Waiting for stock",
    "Failed": "Failed",
    "Invoiced": "Invoiced",
    "Cancelled": "Cancelled",
    "Expired": "Expired",
    "PaymentDeclined": "Payment declined",
    "Rejected": "Rejected",
    "Pending": "Accepted",
    "CheckingInventory": "Checking stock",
    "ProcessingPayment": "Being charged",
}


def answer(page: Page, path: str, body: Any, status: int = 200) -> None:
    """Have a route of the app answer something else from now on."""

    def fulfil(route: Route) -> None:
        route.fulfill(status=status, content_type="application/json", body=json.dumps(body))

    page.route(path, fulfil)


def counts_shown(page: Page) -> dict[str, str]:
    """Return what each filter says, by its words."""
    shown: dict[str, str] = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('nav.filters a')].map((link) => "
        "[link.firstChild.data, link.querySelector('.count:not([hidden])')?.textContent ?? '']))"
    )
    return shown


def colour(page: Page, words: str) -> str:
    """Return the colour of a stage's count: what waits or failed stands out."""
    link = page.get_by_role("navigation", name="Stages").get_by_role("link", name=words)
    shown: str = link.locator(".count").evaluate("it => getComputedStyle(it).color")
    return shown


def has_ended(shop: Shop, path: str) -> bool:
    return bool(shop.call("GET", path).json()["runtimeStatus"] == "Completed")


def test_every_stage_has_its_count(page: Page, shop: Shop) -> None:
    for card in ("pm_card_visa", "pm_card_visa_chargeDeclined"):
        path = f"/api/orders/{shop.place(shop.stock(5), paymentMethod=card)}"
        assert wait_until(lambda at=path: has_ended(shop, at), 120)
    shop.place(shop.stock(0))

    def agree() -> bool:
        told = shop.call("GET", "/api/order-counts").json()["counts"]
        shown = counts_shown(page)
        right = all(
            shown.get(words) == (str(told[it]) if told[it] else "") for it, words in STAGES.items()
        )
        return right and shown.get("All") == str(sum(told.values()))

    page.goto(PAGE)
    assert wait_until(agree, 120, 1), counts_shown(page)
    assert all(counts_shown(page)[words] for words in ("Invoiced", "Payment declined"))


def test_many_orders_are_told_as_so_many_at_least(page: Page) -> None:
    from playwright.sync_api import expect

    counts = {**dict.fromkeys(STAGES, 0), "Invoiced": 1000, "Failed": 2}
    answer(page, "**/api/order-counts", {"counts": counts, "atLeast": ["Invoiced", "Rejected"]})
    page.goto(PAGE)
    stages = page.get_by_role("navigation", name="Stages")
    expect(stages.get_by_role("link", name="Invoiced")).to_contain_text("1,000+")
    assert colour(page, "Invoiced") == colour(page, "All") != colour(page, "Failed")
    shown = counts_shown(page)
    assert (shown["All"], shown["Failed"], shown["Rejected"]) == ("1,002+", "2", "0+")
    assert shown["Expired"] == ""


@pytest.mark.parametrize("status", [401, 403])
def test_who_may_not_count_orders_may_list_them(page: Page, shop: Shop, status: int) -> None:
    from playwright.sync_api import expect

    order_id = shop.place(shop.stock(0))
    answer(page, "**/api/order-counts", None, status)
    with page.expect_response("**/api/order-counts"):
        page.goto(PAGE)
    newest = page.get_by_role("link", name=order_id)
    expect(newest).to_be_visible()
    with page.expect_response("**/api/orders?*"):
        expect(page.get_by_role("heading", level=1)).to_have_text("Orders")
    assert set(counts_shown(page).values()) == {""}


def test_a_page_that_the_app_no_longer_knows_leads_to_the_first(page: Page, shop: Shop) -> None:
    from playwright.sync_api import expect

    def refuse(route: Route) -> None:
        if "continuationToken" in route.request.url:
            route.fulfill(status=400, content_type="application/json", body='{"error": "no"}')
            return
        given = route.fetch()
        route.fulfill(response=given, json={**given.json(), "continuationToken": "old"})

    shop.place(shop.stock(0))
    page.route("**/api/orders?*", refuse)
    page.goto(PAGE)
    where = page.get_by_role("status")
    expect(where).to_contain_text("Page 1")
    with page.expect_response("**continuationToken=old**"):
        page.get_by_role("button", name="More").click()
    expect(where).to_contain_text("Page 1")
    expect(page.get_by_role("button", name="More")).to_be_enabled()


def test_a_list_that_never_came_shows_no_table(page: Page) -> None:
    from playwright.sync_api import expect

    error = "Storage is not available at the moment. Send the same request again later."
    answer(page, "**/api/orders?*", {"error": error}, 503)
    page.goto(PAGE)
    expect(page.locator("#connection")).to_have_text(error)
    expect(page.get_by_text("Loading")).to_be_visible()
    expect(page.get_by_role("table")).to_be_hidden()


def test_an_order_is_found_by_its_id(page: Page, shop: Shop) -> None:
    from playwright.sync_api import expect

    order_id = shop.place(shop.stock(0))
    page.goto(PAGE)
    find = page.get_by_label("Find an order by its id")
    find.fill("not an id")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Orders")
    find.fill(f" {order_id} ")
    find.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Order {order_id}")
