"""Behind a function key: asked for once, kept for the tab, sent as a header, out of the address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.shop import PAGE, Shop

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

KEY = "good/key+with=signs=="


@pytest.fixture
def asked(page: Page) -> list[str]:
    """Have the API ask for the key, as Azure does; what was asked for, as it was asked for."""
    asked: list[str] = []

    def guard(route: Route) -> None:
        asked.append(route.request.url)
        if route.request.headers.get("x-functions-key") == KEY:
            route.fallback()
        else:
            route.fulfill(status=401, body="")

    page.route("**/api/orders?*", guard)
    page.route("**/api/inventory*", guard)
    return asked


def test_a_key_is_asked_for_and_a_wrong_one_refused(page: Page, asked: list[str]) -> None:
    from playwright.sync_api import expect

    page.goto(PAGE)
    expect(page.get_by_role("heading", level=1)).to_have_text("A function key, please")
    expect(page.get_by_label("Function key", exact=True)).to_be_focused()
    page.get_by_label("Function key", exact=True).fill("wrong")
    page.get_by_role("button", name="Open the shop").click()
    expect(page.get_by_role("alert").filter(has_text="refused")).to_be_visible()
    page.get_by_label("Function key", exact=True).fill(KEY)
    page.get_by_role("button", name="Open the shop").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Orders")

    page.reload()
    page.get_by_role("link", name="Stock", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Stock")
    assert all("key" not in url for url in asked)


def test_the_key_in_the_fragment_leaves_the_address_bar(page: Page, asked: list[str]) -> None:
    from playwright.sync_api import expect

    page.goto(f"{PAGE}#code={KEY.replace('/', '%2F').replace('=', '%3D')}")
    expect(page.get_by_role("navigation", name="Stages")).to_be_visible()
    assert asked and KEY not in page.url and "code" not in page.url
    page.goto(f"{PAGE}#/stock&code={KEY}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Stock")
    assert page.url.endswith("#/stock")


@pytest.mark.parametrize("prefix", ["/shop/v2/", "/"])
def test_another_route_prefix_is_as_good(page: Page, shop: Shop, prefix: str) -> None:
    from playwright.sync_api import expect

    def serve(route: Route) -> None:
        path = route.request.url.removeprefix(shop.base_url).removeprefix(prefix.rstrip("/"))
        if path.startswith("/admin"):
            route.fallback()
        else:
            route.fulfill(response=route.fetch(url=f"{shop.base_url}/api{path}"))

    sku = shop.stock(1)
    page.route(f"{shop.base_url}/**", serve)
    page.goto(f"{prefix}page#/stock")
    expect(page.get_by_text(sku, exact=True)).to_be_visible()
