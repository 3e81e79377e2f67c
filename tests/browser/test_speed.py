"""How soon the page shows data, how old that is at most, and what an open page costs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.shop import PAGE, Shop
from tools.hosts import Host, choose_host, free_port
from tools.http_client import request
from tools.processes import wait_until
from tools.state_pile import pile_up_in_state

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FINISHED = 10_000
SOON = 300.0
LOADS = 20
# Notes when the first order is on the page.
WATCH = """
new MutationObserver((_, observer) => {
  if (document.querySelector("tbody tr")) {
    window.shown = performance.now();
    observer.disconnect();
  }
}).observe(document, {childList: true, subtree: true});
"""


@pytest.fixture
def large_shop(browser: Browser, storage: str, tmp_path: Path) -> Iterator[str]:
    """The URL of a shop with 10,000 finished orders."""
    if choose_host().name != "emulator":
        pytest.skip("only the emulator's state can be filled with copies")
    state = tmp_path / "state.db"
    host = Host(
        choose_host(),
        port=free_port(),
        storage=storage,
        state=state,
        output=tmp_path / "host.log",
    )
    with host:
        shop = Shop(host.base_url, storage, tmp_path / "host.log")
        template = shop.place(shop.stock(1), orderId="finished-000000")
        url = f"{host.base_url}/api/orders/{template}"
        assert wait_until(lambda: request("GET", url).json()["stage"] == "Invoiced", 60)
    pile_up_in_state(state, template, (f"finished-{n:06d}" for n in range(1, FINISHED)))
    with host:
        yield host.base_url


def test_data_is_there_at_once_behind_10000_finished_orders(
    browser: Browser, large_shop: str, record_property: Callable[[str, object], None]
) -> None:
    page = browser.new_page()
    page.add_init_script(WATCH)
    times: list[float] = []
    # The best of some: what else runs on the machine is not the page's doing.
    while len(times) < LOADS and not (len(times) >= 3 and min(times) <= SOON):
        page.goto(large_shop + PAGE)
        page.wait_for_selector("tbody tr")
        times.append(page.evaluate("window.shown"))
    page.close()
    record_property("measured", f"data shown after {sorted(round(time) for time in times)} ms")
    assert min(times) <= SOON


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
    requests = 5
    for _ in range(requests):
        page.wait_for_event("request")
    assert requests / (time.monotonic() - started) < 2
