"""Narrow and wide, light and dark, by keyboard and with a screen reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.shop import PAGE, Shop
from tools.hosts import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
VIEWS = {
    "orders": ("#/orders", "nav.filters"),
    "waiting": ("#/orders/{waiting}", ".timeline li"),
    "invoiced": ("#/orders/{invoiced}", "#invoice"),
    "stock": ("#/stock", "tbody tr"),
    "place": ("#/place", ".examples li"),
    "failed": ("#/failed", "h1"),
}


@pytest.fixture(scope="module")
def orders(shop: Shop) -> dict[str, str]:
    long = "A description of two hundred characters " * 4 + "and-a-word-that-nothing-breaks-in-two"
    return {
        "waiting": shop.place(shop.stock(0, long[:200].strip()), 2),
        "invoiced": shop.place(shop.stock(5, long[:200].strip())),
        "long": shop.place(shop.stock(5), orderId="o" * 100),
    }


def open_view(page: Page, orders: dict[str, str], name: str) -> None:
    view, awaited = VIEWS[name]
    page.goto(PAGE + view.format(**orders))
    page.wait_for_selector(awaited)
    if name == "orders":
        page.wait_for_selector("tbody tr")


@pytest.mark.parametrize("page", [{"viewport": {"width": 380, "height": 800}}], indirect=True)
def test_nothing_is_wider_than_a_phone(page: Page, orders: dict[str, str]) -> None:
    for name in VIEWS:
        open_view(page, orders, name)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 380, f"{name} is {width} wide"


@pytest.mark.parametrize(
    "page",
    [
        {"color_scheme": "light", "reduced_motion": "reduce"},
        {"color_scheme": "dark", "reduced_motion": "reduce"},
        {"viewport": {"width": 380, "height": 800}, "reduced_motion": "reduce"},
    ],
    ids=["light", "dark", "narrow"],
    indirect=True,
)
def test_axe_finds_nothing(page: Page, orders: dict[str, str]) -> None:
    found: list[str] = []
    for name in VIEWS:
        open_view(page, orders, name)
        found += violations(page, name)
    open_view(page, orders, "stock")
    page.get_by_role("button", name="Add an item").click()
    found += violations(page, "dialog")
    page.route("**/api/orders?*", lambda route: route.fulfill(status=401, body=""))
    page.goto(f"{PAGE}?again#/orders")
    page.wait_for_selector("#key")
    found += violations(page, "key")
    assert found == []


def violations(page: Page, name: str) -> list[str]:
    """Return what axe objects to on the page as it is."""
    # Not add_script_tag: the page's policy forbids a script that is not its own.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result: dict[str, Any] = page.evaluate("axe.run()")
    return [
        f"{name}: {violation['id']}: {violation['help']}: {node['html'][:200]}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


def test_all_is_done_by_keyboard(page: Page, orders: dict[str, str]) -> None:
    from playwright.sync_api import expect

    page.goto(PAGE)
    page.wait_for_selector("tbody tr")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type(orders["waiting"])
    page.keyboard.press("Enter")
    # A new view begins at its title.
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    proceed = page.get_by_role("button", name="Proceed")
    expect(proceed).to_be_visible()
    page.keyboard.press("Tab")
    expect(proceed).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()


def test_a_list_that_is_refreshed_keeps_rows_and_focus(page: Page, shop: Shop) -> None:
    from playwright.sync_api import expect

    order_id = shop.place(shop.stock(0))
    page.goto(f"{PAGE}#/orders?stage=AwaitingProceed")
    link = page.get_by_role("link", name=order_id)
    link.focus()
    page.evaluate("document.activeElement.closest('tr').mine = true")
    other = shop.place(shop.stock(0))
    expect(page.get_by_role("link", name=other)).to_be_visible()
    expect(link).to_be_focused()
    assert page.evaluate("document.activeElement.closest('tr').mine")
