"""Hostile input against a running app: over HTTP and over the queue, with a bystander watching."""

import base64
import json
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import pytest
from azure.core.exceptions import ResourceNotFoundError

from tests.e2e.running_app import PATIENCE, RunningApp, order_for
from tests.hostile import EVENT, ITEM, NASTY_NUMBERS, NASTY_TEXTS, ORDER, RAW, nested
from tools.audit.books import read_books
from tools.audit.invariants import check
from tools.audit.record import Record
from tools.http_client import request
from tools.processes import wait_until

# The most that a queue takes, which base64 makes of three quarters of it.
LARGEST_MESSAGE = 48 * 1024
VALUES: list[Any] = [*NASTY_TEXTS, *NASTY_NUMBERS, None, True, [], {}, [[]], nested(20), nested(60)]


@pytest.fixture(scope="module")
def target(start_app: Callable[[], RunningApp]) -> RunningApp:
    """An app of its own: its books are looked at as a whole."""
    return start_app()


def bodies(valid: dict[str, Any]) -> list[bytes]:
    """Return messages with one thing wrong each, and some that are none."""
    changed = [{**valid, name: value} for name in valid for value in VALUES]
    added = [{**valid, name: 1} for name in NASTY_TEXTS]
    return [*RAW, *(json.dumps(body).encode() for body in [*changed, *added])]


def segments() -> list[str]:
    """Return path segments; encoded, so that they arrive as one."""
    texts = [quote(text[:300], safe="", errors="replace") for text in NASTY_TEXTS]
    return [*texts, "%00", "%ff", "%2e%2e", "..%2f..", "%", "a" * 4000]


def requests(sku: str) -> list[tuple[str, str, bytes | None]]:
    """Return requests for every route, in an order that never changes."""
    order = {**ORDER, "orderId": "hostile", "items": [{"sku": sku, "quantity": 1}]}
    found: list[tuple[str, str, bytes | None]] = []
    found += [("POST", "/api/orders", body) for body in bodies(order)]
    found += [("PUT", "/api/inventory/hostile", body) for body in bodies(ITEM)]
    found += [("POST", "/api/orders/hostile/events/Proceed", body) for body in bodies(EVENT)]
    found += [("POST", f"/api/inventory/{sku}/restock", body) for body in bodies({"quantity": 0})]
    for segment in segments():
        found += [
            ("GET", f"/api/orders/{segment}", None),
            ("GET", f"/api/orders?stage={segment}&continuationToken={segment}", None),
            ("GET", f"/api/inventory/{segment}", None),
            ("PUT", f"/api/inventory/{segment}", b"{}"),
            ("POST", f"/api/inventory/{segment}/restock", b'{"quantity": 1}'),
            ("DELETE", f"/api/orders/{segment}", None),
            ("GET", f"/api/orders/{segment}/history", None),
            ("POST", f"/api/orders/{segment}/events/Proceed", b'{"__class__": 1}'),
            ("POST", f"/api/orders/hostile/events/{segment}", None),
            ("POST", f"/api/events/failed/{segment}/resend", None),
            ("DELETE", f"/api/events/failed/{segment}", None),
        ]
    random.Random(5).shuffle(found)
    # A third of them: the others are tried in process, with tests/hostile.py.
    return found[::3]


def test_requests_of_any_kind_are_answered_and_touch_no_other_order(target: RunningApp) -> None:
    _, _, links = target.pause_order()
    # Of another SKU: a restock of one piece is among them.
    asked = requests(target.stock(0))

    def send(one: tuple[str, str, bytes | None]) -> tuple[int, str]:
        method, path, body = one
        answer = request(method, target.host.base_url + path, body)
        return answer.status, f"{method} {path[:100]} {(body or b'')[:100]!r}: {answer.text[:200]}"

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, asked))

    faults = [text for status, text in answers if status >= 500 or status == 0]
    assert not faults, faults[:5]
    assert Counter(status for status, _ in answers)[400] > 100
    status = target.call("GET", links["statusQueryGetUri"]).json()
    assert status["customStatus"]["stage"] == "AwaitingProceed"
    assert target.host.running


def test_messages_of_any_kind_end_as_poison_and_touch_no_other_order(target: RunningApp) -> None:
    bystander, sku, links = target.pause_order()
    messages = [body for body in bodies({**EVENT, "instanceID": bystander}) if _is_bad(body)]
    # A third of them, but all sizes.
    messages = messages[::3]
    filler = LARGEST_MESSAGE - len(json.dumps({**EVENT, "EventName": ""}))
    messages.append(json.dumps({**EVENT, "EventName": "x" * filler}).encode())
    messages = [body for body in messages if len(body) <= LARGEST_MESSAGE]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(target.events.send_body, messages))

    poison: Counter[bytes] = Counter()

    def all_there() -> bool:
        poison.update(drain_poison(target))
        return not Counter(messages) - poison

    missing = "the message is neither delivered nor in the poison queue"
    assert wait_until(all_there, PATIENCE, 0.5), (
        f"{missing}: {list(Counter(messages) - poison)[:3]}"
    )
    assert wait_until(lambda: target.events.messages() == 0, PATIENCE)
    status = target.call("GET", links["statusQueryGetUri"]).json()["customStatus"]
    assert (status["stage"], status["attempt"]) == ("AwaitingProceed", 1)
    target.set_stock(sku, 1)
    target.events.send(bystander)
    assert target.wait_for_end(bystander)["stage"] == "Invoiced"


def test_a_message_of_64_kilobytes_wakes_its_order(target: RunningApp) -> None:
    order_id, sku, _ = target.pause_order()
    target.set_stock(sku, 1)
    room = LARGEST_MESSAGE - len(json.dumps({**EVENT, "instanceID": order_id}))
    target.events.send(order_id, "Proceed", "x" * (room - 10))
    assert target.wait_for_end(order_id)["stage"] == "Invoiced"


def test_after_all_of_it_the_books_are_right(target: RunningApp) -> None:
    """Run last in this file: the app is at rest."""
    body = order_for(target.stock(1))
    target.place(body)
    assert target.wait_for_end(body["orderId"])["stage"] == "Invoiced"

    def books_are_right() -> bool:
        return check(read_books(target.storage, target.host.base_url), Record()) == []

    found = check(read_books(target.storage, target.host.base_url))
    assert wait_until(books_are_right, PATIENCE, 0.5), found


def _is_bad(body: bytes) -> bool:
    """Tell whether a message cannot be meant for an order that exists."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return True
    if not isinstance(message, dict):
        return True
    # Any data and further properties are welcome, and a legal id is looked for five times.
    return message.get("EventName") != "Proceed" or message.get("instanceID") in ("", " ", "..")


def drain_poison(target: RunningApp) -> list[bytes]:
    """Take all out of the poison queue."""
    bodies = []
    with suppress(ResourceNotFoundError):
        for message in target.events._poison.receive_messages(messages_per_page=32):
            bodies.append(base64.b64decode(message.content))
            target.events._poison.delete_message(message)
    return bodies
