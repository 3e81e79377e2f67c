"""The stock of a shop whose list takes more than one answer."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.browser.shop import PAGE

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

Answers = dict[str, dict[str, Any]]


def item(sku: str, available: int) -> dict[str, Any]:
    entry = {"description": f"All about {sku}", "unitPrice": 100, "currency": "EUR"}
    return {"sku": sku, **entry, "available": available, "held": 0, "waiting": 0}


def serve(page: Page, answers: Answers) -> list[tuple[str, int]]:
    """Answer each page of the list from `answers`, by its token; return what was answered."""
    given: list[tuple[str, int]] = []

    def answer(route: Route) -> None:
        query = parse_qs(urlsplit(route.request.url).query)
        token = query.get("continuationToken", [""])[0]
        body = json.dumps(answers[token])
        etag = f'"{hash(body)}"'
        status = 304 if route.request.headers.get("if-none-match") == etag else 200
        given.append((token, status))
        route.fulfill(
            status=status,
            headers={"ETag": etag, "Content-Type": "application/json"},
            body=body if status == 200 else "",
        )

    page.route(re.compile(r"/api/inventory(\?|$)"), answer)
    return given


def test_all_pages_of_the_stock_are_shown_and_each_is_read_again_when_it_changes(
    page: Page,
) -> None:
    from playwright.sync_api import expect

    answers: Answers = {
        "": {"items": [item("ant", 1), item("bee", 2)], "continuationToken": "bee"},
        "bee": {"items": [item("cat", 3)], "continuationToken": "cat"},
        "cat": {"items": [item("dog", 4)]},
    }
    given = serve(page, answers)
    page.goto(f"{PAGE}#/stock")
    rows = page.locator("table.stock tbody tr")
    expect(rows).to_have_count(4)
    answers["cat"] = {"items": [item("dog", 44)]}
    expect(page.get_by_role("row", name=re.compile("dog"))).to_contain_text("44")
    assert ("cat", 200) in given[3:] and ("", 304) in given[3:]
    answers |= {"bee": {"items": [item("cat", 3)]}}
    expect(rows).to_have_count(3)
    expect(page.get_by_role("row", name=re.compile("ant"))).to_be_visible()


def test_what_changed_is_shown_although_a_page_behind_it_could_not_be_read_meanwhile(
    page: Page,
) -> None:
    from playwright.sync_api import expect

    first = {"items": [item("ant", 1)], "continuationToken": "ant"}
    answers: Answers = {"": first, "ant": {"items": [item("bee", 2)]}}
    serve(page, answers)
    page.goto(f"{PAGE}#/stock")
    expect(page.locator("table.stock tbody tr")).to_have_count(2)

    def fail(route: Route) -> None:
        route.fulfill(status=503, content_type="application/json", body='{"error": "Later."}')

    page.route("**/api/inventory?*", fail)
    answers[""] = {**first, "items": [item("ant", 77)]}
    # The second look at the latest has read the new first page.
    for _ in range(2):
        with page.expect_response(lambda answer: answer.status == 503):
            pass
    page.unroute("**/api/inventory?*", fail)
    expect(page.get_by_role("row", name=re.compile("ant"))).to_contain_text("77")


def test_an_order_is_offered_the_items_of_all_pages(page: Page) -> None:
    from playwright.sync_api import expect

    first = {"items": [item("ant", 1)], "continuationToken": "ant"}
    serve(page, {"": first, "ant": {"items": [item("bee", 2)]}})
    page.goto(f"{PAGE}#/place")
    expect(page.locator("#skus option")).to_have_count(2)
