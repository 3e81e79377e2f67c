"""Every example does what its row of the README's table says, with one click."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.browser.shop import PAGE
from tests.unit.test_readme import rows

if TYPE_CHECKING:
    from playwright.sync_api import Page

# What the page says then; in the end a host that is killed, which the crash test looks at.
SAYS = {
    "In stock": "Invoiced.",
    "Short": "waits. Open it",
    "Restocked": "5 added; woke example-",
    "Restocked twice by mistake": "Sent twice; 5 free after the first, 5 after the second.",
    "Set by hand, then Proceed": "Invoiced.",
    "Proceed, still short": "looked again and waits on",
    "No event ever comes": "waits.",
    "Changed her mind": "Cancelled.",
    "Somebody ahead gives up": "Invoiced.",
    "Card declined": "Payment declined.",
    "Price changed later": "keeps its price",
    "Two currencies in one order": "400: ",
    "The same order again": "Invoiced.",
    "Another order under its id": "409: ",
    "A wrong field, an unknown SKU": "quantity must be a whole number from 1 to 10000",
    "Which orders wait?": "Waiting: example-",
    "Event twice, early or in the wrong case": "Invoiced.",
    "Event for a finished order": "409: ",
    "Event for an unknown order": "404: ",
    "Not JSON, illegal id, unknown event": "400: ",
}


def test_every_example_goes_its_way(page: Page) -> None:
    from playwright.sync_api import expect

    names = [name.replace("`", "") for name in rows("What happens when")]
    assert [*SAYS, "The host is killed, at any moment"] == names
    page.goto(f"{PAGE}#/place")
    for name, words in SAYS.items():
        example = page.get_by_role("listitem").filter(
            has=page.get_by_role("button", name=name, exact=True)
        )
        example.get_by_role("button").click()
        expect(example.get_by_role("status")).to_contain_text(words)
    expect(page.get_by_role("status").filter(has_text=re.compile("another way"))).to_have_count(0)
