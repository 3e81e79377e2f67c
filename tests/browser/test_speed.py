"""How soon the page shows data, how old that is at most, and what an open page costs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

import pytest

from ordering.errors import StorageUnavailable
from ordering.stock.ended import INVOICED, listing
from ordering.stock.rows import TABLE
from ordering.storage.tables import Table, connect
from ordering.storage.transactions import MOST_OPERATIONS, Upsert
from tests.browser.conftest import PATIENCE
from tests.browser.shop import PAGE, Shop
from tools.azurite import Azurite
from tools.hosts import Host, choose_host, free_port
from tools.http_client import request
from tools.processes import wait_until
from tools.state_pile import pile_up_in_state

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# The first test makes the orders.
pytestmark = pytest.mark.timeout(600)

FINISHED = 10_000
SOON = 300.0
OLDEST = 1.5
LOADS = 20
PAGE_AND_DATA = 4
LOADED = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
# Notes when the first order is on the page.
WATCH = """
new MutationObserver((_, observer) => {
  if (document.querySelector("tbody tr")) {
    window.shown = performance.now();
    observer.disconnect();
  }
}).observe(document, {childList: true, subtree: true});
"""


@pytest.fixture(scope="module")
def large_shop(
    browser: Browser,
    azurite: Azurite,
    storage_accounts: Iterator[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The URL of a shop with 10,000 finished orders, the last one the oldest."""
    if choose_host().name != "emulator":
        pytest.skip("only the emulator's state can be filled with copies")
    storage = azurite.connection_string(next(storage_accounts))
    folder = tmp_path_factory.mktemp("large")
    state = folder / "state.db"
    host = Host(
        choose_host(),
        port=free_port(),
        storage=storage,
        state=state,
        output=folder / "host.log",
    )
    with host:
        shop = Shop(host.base_url, storage, folder / "host.log")
        template = shop.place(shop.stock(1), orderId="finished-000000")
        url = f"{host.base_url}/api/orders/{template}"
        assert wait_until(lambda: request("GET", url).json()["stage"] == "Invoiced", PATIENCE)
    copies = [f"finished-{number:06d}" for number in range(1, FINISHED)]
    pile_up_in_state(state, template, copies)
    list_as_invoiced(storage, copies)
    with host:
        yield host.base_url


def list_as_invoiced(storage: str, order_ids: list[str]) -> None:
    """Add what the sweep writes of each of these orders, one placed a second before the other."""
    table, now = Table(connect(storage), TABLE), datetime.now(timezone.utc)
    rows = [
        found
        for number, order_id in enumerate(order_ids)
        for found in listing(INVOICED, now - timedelta(minutes=1, seconds=number), order_id)[1]
    ]
    for start in range(0, len(rows), MOST_OPERATIONS):
        some = [Upsert(each) for each in rows[start : start + MOST_OPERATIONS]]
        assert wait_until(lambda some=some: written(table, some), PATIENCE)


def written(table: Table, rows: list[Upsert]) -> bool:
    """Write some rows; False where a busy Azurite keeps that waiting for too long."""
    try:
        table.transact(rows)
    except StorageUnavailable:
        return False
    return True


@pytest.fixture
def large(browser: Browser, large_shop: str) -> Iterator[Page]:
    """A tab of the large shop."""
    page = browser.new_page(base_url=large_shop)
    page.set_default_timeout(PATIENCE * 1000)
    page.add_init_script(WATCH)
    yield page
    page.close()


def test_data_is_there_at_once_behind_10000_finished_orders(
    large: Page, record_property: Callable[[str, object], None]
) -> None:
    times: list[float] = []
    limits: list[float] = []
    # The best of some: what else runs on the machine is not the page's doing.
    while len(times) < LOADS and not (len(times) >= 3 and soon_enough(times, limits)):
        large.goto(f"{PAGE}?{len(times)}")
        large.wait_for_selector("tbody tr")
        times.append(large.evaluate("window.shown"))
        # Of a busy machine, some times what it needs for the page without any data.
        limits.append(max(SOON, PAGE_AND_DATA * large.evaluate(LOADED)))
    record_property("measured", f"data shown after {sorted(round(time) for time in times)} ms")
    assert soon_enough(times, limits), f"{times} of {limits}"


def soon_enough(times: list[float], limits: list[float]) -> bool:
    return any(time <= limit for time, limit in zip(times, limits, strict=True))


def test_an_order_is_at_most_so_old_while_10000_are_counted(
    large: Page, record_property: Callable[[str, object], None]
) -> None:
    ages = ages_of_the_list(large, lambda ages: median(ages) <= OLDEST)
    record_property("measured", f"the list is {median(ages):.2f} s old, {max(ages):.2f} at most")
    link = large.get_by_role("navigation", name="Stages").get_by_role("link", name="Invoiced")
    assert link.locator(".count").inner_text() == "1,000+"
    if median(ages) > OLDEST:
        # A machine that is so slow is as slow when nobody counts anything.
        counts = {"counts": {}, "atLeast": []}
        large.route("**/api/order-counts", lambda route: route.fulfill(json=counts))
        limit = 1.5 * median(ages_of_the_list(large, lambda ages: True))
        assert median(ages) <= limit


def ages_of_the_list(page: Page, enough: Callable[[list[float]], bool]) -> list[float]:
    """Return how old the list was at each look, over three counts, and more until it is enough."""
    seen: list[float] = []
    counted: list[float] = []

    def note(url: str) -> None:
        if "/api/orders?" in url:
            seen.append(time.monotonic())
        elif "/api/order-counts" in url:
            counted.append(time.monotonic())

    page.on("requestfinished", lambda request: note(request.url))
    page.goto(f"{PAGE}?{time.monotonic()}")
    ages: list[float] = []
    for _ in range(LOADS):
        page.wait_for_event("requestfinished", lambda request: "order-counts" in request.url)
        ages = [after - before for before, after in pairwise(seen)]
        if len(counted) >= 3 and enough(ages):
            break
    return ages


def test_the_pages_of_10000_orders_go_from_the_newest_to_the_oldest(large: Page) -> None:
    from playwright.sync_api import expect

    large.goto(f"{PAGE}#/orders?stage=Invoiced")
    first = large.locator("tbody tr").first
    expect(first).to_contain_text("finished-000000")
    where = large.get_by_role("status")
    for number in (1, 2, 3):
        expect(where).to_have_text(f"Page {number}: 25 orders, newest first")
        expect(first).to_contain_text(f"finished-{25 * (number - 1):06d}")
        ids = [text.split()[0] for text in large.locator("tbody tr").all_inner_texts()]
        assert ids == sorted(ids)
        large.get_by_role("button", name="More").click()
    for number in (3, 2, 1):
        large.get_by_role("button", name="Back").click()
        expect(where).to_have_text(f"Page {number}: 25 orders, newest first")
    expect(first).to_contain_text("finished-000000")


@pytest.mark.parametrize("view", ["#/orders", "#/orders/{order}"])
def test_an_open_page_costs_under_two_requests_a_second(page: Page, shop: Shop, view: str) -> None:
    order = shop.place(shop.stock(0))
    page.goto(PAGE + view.format(order=order))
    page.wait_for_selector("main h1")
    page.wait_for_selector("#crash:not([hidden])", state="attached")
    # What it takes to open is over with the first answers; then it is counted.
    for _ in range(3):
        page.wait_for_event("request")
    started = time.monotonic()
    requests = 12
    for _ in range(requests):
        page.wait_for_event("request")
    assert requests / (time.monotonic() - started) < 2
