"""The story of `make demo`, by clicks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.browser.shop import PAGE, Shop
from tools.event_queue import notification, open_queue, send

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


def test_an_order_that_is_refused_names_the_field(page: Page, shop: Shop) -> None:
    from playwright.sync_api import expect

    page.goto(f"{PAGE}#/place")
    page.get_by_label("Item", exact=True).fill("nobody-sells-it")
    page.get_by_role("button", name="Place the order").click()
    expect(page.get_by_role("alert").filter(has_text="is not in the catalogue")).to_be_visible()
    item = page.get_by_label("Item", exact=True)
    expect(item).to_be_focused()
    expect(item).to_have_attribute("aria-invalid", "true")


def test_an_item_that_changed_meanwhile_is_not_overwritten(page: Page, shop: Shop) -> None:
    from playwright.sync_api import expect

    sku = shop.stock(3)
    page.goto(f"{PAGE}#/stock")
    page.get_by_role("button", name=f"Change {sku}").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Free pieces").fill("9")
    item = {"description": "A thing", "unitPrice": 1250, "currency": "EUR"}
    shop.call("PUT", f"/api/inventory/{sku}", {**item, "available": 4})
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("was changed since it was read")
    assert shop.call("GET", f"/api/inventory/{sku}").json()["available"] == 4


def test_a_failed_message_is_sent_again_once_it_can_be_delivered(page: Page, shop: Shop) -> None:
    from playwright.sync_api import expect

    sku = shop.stock(0)
    order_id = shop.place(sku)
    with open_queue(shop.storage, "event-queue-poison") as queue:
        send(queue, notification(order_id, "Proceed", None))
    page.goto(f"{PAGE}#/failed")
    message = page.get_by_role("listitem").filter(has=page.get_by_role("link", name=order_id))
    expect(message).to_contain_text("Can be delivered now")
    item = {"description": "A thing", "unitPrice": 1250, "currency": "EUR"}
    shop.call("PUT", f"/api/inventory/{sku}", {**item, "available": 1})
    message.get_by_role("button", name="Send again").click()
    notices = page.get_by_role("log")
    expect(notices).to_contain_text(f"Proceed was sent again to {order_id}.")
    expect(message).to_have_count(0)
    notices.get_by_role("link", name=order_id).click()
    expect(page.locator("main .title .badge")).to_have_text("Invoiced")
