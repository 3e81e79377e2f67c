"""The host killed and back, storage down, nothing there: the page says so and goes on."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tests.browser.shop import PAGE, Shop
from tools.hosts import choose_host

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route


def test_an_order_under_way_finishes_after_the_crash_button(page: Page, shop: Shop) -> None:
    from playwright.sync_api import expect

    if choose_host().name != "emulator":
        return
    sku = shop.stock(0)
    order_id = shop.place(sku)
    page.goto(f"{PAGE}#/orders/{order_id}")
    stage = page.locator("main .title .badge")
    expect(stage).to_have_text("Waiting for stock")
    shop.call("POST", f"/api/inventory/{sku}/restock", {"quantity": 1})
    page.get_by_role("button", name="Crash the host").click()
    notices = page.get_by_role("log")
    expect(notices).to_contain_text("The host was killed with -9")
    # Whether the page's own look falls into the second without a host is chance; this does not.
    expect(notices).to_contain_text("The host is back after", timeout=60_000)
    expect(page.locator("#connection")).to_be_hidden(timeout=30_000)
    # A restock's message that the killed host had taken is seen again after half a minute.
    expect(stage).to_have_text("Invoiced", timeout=90_000)


def test_the_clock_of_the_emulator_is_a_day_ahead(page: Page, shop: Shop) -> None:
    from playwright.sync_api import expect

    if choose_host().name != "emulator":
        return
    page.goto(f"{PAGE}#/orders/{shop.place(shop.stock(0))}")
    expect(page.get_by_label("How it stands")).to_contain_text("1 time")
    page.get_by_role("button", name="Clock: a day forward").click()
    expect(page.get_by_role("log")).to_contain_text("a day ahead")
    steps = page.get_by_label("Steps, oldest first")
    expect(steps).to_contain_text("No event came")
    expect(page.get_by_label("How it stands")).to_contain_text("2 times")


def test_a_host_that_is_no_emulator_has_neither_clock_nor_crash(page: Page, shop: Shop) -> None:
    from playwright.sync_api import expect

    page.route("**/admin/**", lambda route: route.fulfill(status=401, body=""))
    page.goto(PAGE)
    expect(page.get_by_role("navigation", name="Stages")).to_be_visible()
    expect(page.get_by_role("button", name="Crash the host")).to_be_hidden()
    expect(page.get_by_role("button", name="Clock: a day forward")).to_be_hidden()


def test_a_host_that_is_gone_is_said_and_what_was_seen_stays(page: Page, shop: Shop) -> None:
    from playwright.sync_api import expect

    page.goto(f"{PAGE}#/orders/{shop.place(shop.stock(0))}")
    stage = page.locator("main .title .badge")
    expect(stage).to_have_text("Waiting for stock")

    def refuse(route: Route) -> None:
        route.abort("connectionrefused")

    page.route("**/api/**", refuse)
    connection = page.locator("#connection")
    expect(connection).to_have_text(re.compile("The host does not answer"))
    expect(stage).to_have_text("Waiting for stock")
    page.unroute("**/api/**", refuse)
    expect(page.get_by_role("log")).to_contain_text("The app answers again.")
    expect(connection).to_be_hidden()


def test_storage_that_is_down_is_said_and_what_was_seen_stays(page: Page, shop: Shop) -> None:
    from playwright.sync_api import expect

    sku = shop.stock(3)
    page.goto(f"{PAGE}#/stock")
    row = page.get_by_role("row", name=re.compile(sku))
    expect(row).to_be_visible()
    error = "Storage is not available at the moment. Send the same request again later."

    def refuse(route: Route) -> None:
        body = json.dumps({"error": error})
        route.fulfill(status=503, content_type="application/json", body=body)

    page.route("**/api/inventory", refuse)
    expect(page.locator("#connection")).to_have_text(error)
    expect(row).to_be_visible()
    page.unroute("**/api/inventory", refuse)
    expect(page.locator("#connection")).to_be_hidden()


def test_nothing_is_said_to_be_there_when_nothing_is(page: Page) -> None:
    from playwright.sync_api import expect

    page.goto(f"{PAGE}#/orders?stage=Rejected")
    expect(page.get_by_text("No order is in the stage “Rejected”.")).to_be_visible()
    page.goto(f"{PAGE}#/orders/nobody")
    expect(page.get_by_text("There is no such order.")).to_be_visible()


def test_a_hidden_tab_asks_for_nothing(page: Page) -> None:
    page.clock.install()
    page.add_init_script(
        "Object.defineProperty(document, 'hidden', {get: () => window.away === true})"
    )
    with page.expect_response("**/api/order-counts"):
        page.goto(PAGE)
    # The last thing that the page asks for when it opens.
    page.wait_for_selector("#crash:not([hidden])", state="attached")
    turn = "window.away = {}; document.dispatchEvent(new Event('visibilitychange'))"
    page.evaluate(turn.format("true"))
    page.clock.run_for(2_000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(60_000)
    assert asked == []
    with page.expect_request("**/api/orders?top*"):
        page.evaluate(turn.format("false"))
