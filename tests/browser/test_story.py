"""The story of `make demo`, by clicks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.browser.shop import PAGE, Shop

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_an_order_from_missing_stock_to_its_invoice(page: Page, shop: Shop) -> None:
    from playwright.sync_api import expect

    page.goto(PAGE)
    page.get_by_role("link", name="Stock", exact=True).click()
    page.get_by_role("button", name="Add an item").click()
    for label, text in {
        "SKU": "story-machine",
        "Description": "Espresso machine",
        "Price of one piece, such as 12.50": "499.00",
        "Free pieces": "1",
    }.items():
        page.get_by_role("dialog").get_by_label(label).fill(text)
    page.get_by_role("button", name="Save").click()
    row = page.get_by_role("row", name=re.compile("story-machine"))
    expect(row).to_contain_text("EUR 499.00")

    page.get_by_role("link", name="Place an order").click()
    page.get_by_label("Item", exact=True).fill("story-machine")
    page.get_by_label("Pieces").fill("2")
    page.get_by_label("Order id").fill("story-1")
    page.get_by_role("button", name="Place the order").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Order story-1")
    stage = page.locator("main .title .badge")
    expect(stage).to_have_text("Waiting for stock")
    facts = page.get_by_label("How it stands")
    expect(facts).to_contain_text("story-machine: needs 2, 1 free, 1 missing")
    expect(facts).to_contain_text("Proceed or Cancel")
    steps = page.get_by_label("Steps, oldest first").get_by_role("listitem")
    expect(steps).to_contain_text(["Placed", "Stock is short", "Waits"])

    # An event alone does not help: it looks again and waits on.
    page.get_by_role("button", name="Proceed").click()
    expect(page.get_by_role("log")).to_contain_text("Proceed was sent")
    expect(facts).to_contain_text("2 times")

    page.get_by_role("link", name="Stock", exact=True).click()
    page.get_by_role("button", name="Restock story-machine").click()
    page.get_by_label("Pieces to add").fill("5")
    page.get_by_role("button", name="Restock", exact=True).last.click()
    notice = page.get_by_role("log")
    expect(notice).to_contain_text("5 added to story-machine; 6 free. It woke 1 order: story-1.")
    notice.get_by_role("link", name="story-1").last.click()

    expect(stage).to_have_text("Invoiced")
    invoice = page.get_by_role("region", name=re.compile("Invoice INV-story-1"))
    expect(invoice).to_contain_text("EUR 998.00")
    expect(steps.last).to_contain_text("Invoiced")
    expect(steps).to_contain_text(["Event Proceed", "Stock reserved", "Charged EUR 998.00"])
    expect(page.get_by_role("button", name="Proceed")).to_be_hidden()

    page.get_by_role("link", name="Orders", exact=True).click()
    expect(page.get_by_role("row", name=re.compile("story-1"))).to_contain_text("Invoiced")


def test_an_order_is_cancelled_and_says_why_it_ended(page: Page, shop: Shop) -> None:
    from playwright.sync_api import expect

    order_id = shop.place(shop.stock(0))
    page.goto(f"{PAGE}#/orders/{order_id}")
    page.get_by_role("button", name="Cancel").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Cancel order {order_id}?")
    dialog.get_by_role("button", name="Cancel the order").click()
    expect(page.get_by_role("log")).to_contain_text("Cancel was sent")
    expect(page.locator("main .title .badge")).to_have_text("Cancelled")
    expect(page.get_by_label("How it stands")).to_contain_text("Cancelled because")
