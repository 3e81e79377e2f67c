"""Whatever a customer, a SKU or a message holds is text on the page, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.shop import PAGE, Shop
from tools.event_queue import open_queue, send
from tools.hosts import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

MARKUP = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"
TURNED = "invoice\u202egnp.exe\u200b"
TURNED_SHOWN = "invoice<U+202E>gnp.exe<U+200B>"
HOSTILE = f"{MARKUP}{TURNED} שלום"
TIME = "2026-01-02T03:04:05Z"

INVOICE = {
    "invoiceId": HOSTILE,
    "orderId": HOSTILE,
    "customerId": HOSTILE,
    "lines": [
        {
            "sku": HOSTILE,
            "description": HOSTILE,
            "quantity": 1,
            "unitPrice": 5,
            "amount": 5,
        }
    ],
    "currency": "<b>",
    "total": 5,
    "paymentReference": HOSTILE,
    "issuedAt": HOSTILE,
}
ORDER = {
    "orderId": HOSTILE,
    "stage": "Failed",
    "runtimeStatus": "Failed",
    "attempt": None,
    "waitingFor": [HOSTILE],
    "until": HOSTILE,
    "short": None,
    "createdTime": TIME,
    "lastUpdatedTime": TIME,
    "invoice": INVOICE,
    "reason": HOSTILE,
    "error": HOSTILE,
}
WAITING = {
    **ORDER,
    "stage": "AwaitingProceed",
    "runtimeStatus": "Running",
    "short": [{"sku": HOSTILE, "missing": 1, "needed": 2, "available": 1}],
}
HISTORY = [
    {"type": HOSTILE, "time": TIME, "outcome": HOSTILE, "try": 1},
    {"type": "event", "time": TIME, "name": HOSTILE},
    {"type": "toString", "time": HOSTILE, "outcome": "failed", "error": HOSTILE, "try": 2},
    {"type": "payment", "time": TIME, "outcome": "declined", "reason": HOSTILE, "try": 1},
    {"type": "end", "time": TIME, "stage": HOSTILE, "error": HOSTILE},
]
ANSWERS: dict[str, tuple[str, Any]] = {
    "orders": ("#/orders", {"orders": [ORDER], "continuationToken": None}),
    "waiting orders": ("#/orders", {"orders": [WAITING], "continuationToken": None}),
    "order": ("#/orders/x", ORDER),
    "waiting order": ("#/orders/x", WAITING),
    "stock": (
        "#/stock",
        {
            "items": [
                {
                    "sku": HOSTILE,
                    "description": HOSTILE,
                    "unitPrice": 1,
                    "currency": HOSTILE,
                    "available": 1,
                    "held": 0,
                    "waiting": 0,
                }
            ]
        },
    ),
    "failed messages": (
        "#/failed",
        {
            "total": 1,
            "messages": [
                {
                    "messageId": HOSTILE,
                    "inserted": HOSTILE,
                    "expires": TIME,
                    "text": HOSTILE,
                    "note": HOSTILE,
                    "orderId": HOSTILE,
                    "event": HOSTILE,
                    "problem": HOSTILE,
                    "why": HOSTILE,
                    "fields": [{"field": HOSTILE, "message": HOSTILE}] * 2,
                }
            ],
        },
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_nothing_in_an_answer_is_markup(page: Page, name: str) -> None:
    from playwright.sync_api import expect

    view, body = ANSWERS[name]

    def answer(route: Route) -> None:
        is_history = route.request.url.endswith("/history")
        text = json.dumps(HISTORY if is_history else body)
        route.fulfill(status=200, content_type="application/json", body=text)

    for route in (
        "**/api/orders?*",
        "**/api/orders/**",
        "**/api/inventory",
        "**/api/events/failed",
    ):
        page.route(route, answer)
    page.goto(PAGE + view)
    main = page.locator("main")
    expect(main.get_by_text(MARKUP).first).to_be_attached()
    expect(main.get_by_text(TURNED_SHOWN).first).to_be_attached()
    assert "owned" not in page.title()
    assert main.locator("img, script, b").count() == 0
    assert "\u202e" not in main.inner_text()


def test_what_a_shop_really_keeps_of_it_is_shown_as_it_is(page: Page, shop: Shop) -> None:
    from playwright.sync_api import expect

    sku = shop.stock(5, description="<b>Bold</b> שלום & 'co'")
    order_id = shop.place(sku, customerId="<i>Ada</i> مرحبا")
    page.goto(f"{PAGE}#/orders/{order_id}")
    invoice = page.get_by_role("region", name=f"Invoice INV-{order_id}")
    expect(invoice).to_contain_text("<b>Bold</b> שלום & 'co'")
    expect(invoice).to_contain_text("<i>Ada</i> مرحبا")
    assert invoice.locator("b, i").count() == 0


def test_a_message_of_anybody_is_text_and_can_be_deleted(page: Page, shop: Shop) -> None:
    from playwright.sync_api import expect

    body = f"{MARKUP}{TURNED}"
    with open_queue(shop.storage, "event-queue-poison") as queue:
        send(queue, body)
    page.goto(f"{PAGE}#/failed")
    message = page.get_by_role("listitem").filter(has_text=TURNED_SHOWN)
    expect(message).to_contain_text(MARKUP)
    expect(message.get_by_role("button", name="Send again")).to_be_disabled()
    message.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(message).to_have_count(0)


def test_no_script_of_the_page_can_make_markup_of_text() -> None:
    scripts = sorted((ROOT / "page").rglob("*.js"))
    assert len(scripts) > 10
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        for word in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "setHTML",
            "DOMParser",
            "createContextualFragment",
            "eval(",
            "new Function",
            "srcdoc",
        ):
            assert word not in text, f"{script.name} has {word}"
        assert "://" not in text.replace("http://www.w3.org", ""), f"{script.name} names an origin"
