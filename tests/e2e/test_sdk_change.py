"""The app moves to the other azure-functions-durable with orders in flight: none of them hangs."""

from collections.abc import Callable, Iterator

import pytest

from durable_sdk import IS_2
from tests.e2e.faults.test_sweep import sweep
from tests.e2e.running_app import PATIENCE, RunningApp, order_for
from tests.e2e.slow_stripe import SlowStripe
from tools.audit.books import read_books
from tools.audit.record import Record
from tools.chaos.verdict import judge_all
from tools.hosts import ROOT, choose_host
from tools.processes import wait_until

# What `make setup` and `make setup SDK=2` make.
OTHER = ROOT / (".venv" if IS_2 else ".venv-sdk2") / "bin" / "python"
ERRORS = ("Non-Deterministic workflow detected", "A previous execution called")
DAY = 24 * 3600

pytestmark = [
    pytest.mark.skipif(not OTHER.exists(), reason=f"there is no {OTHER.relative_to(ROOT)}"),
    pytest.mark.skipif(
        choose_host().name != "emulator", reason="Core Tools take the Python of PATH"
    ),
]


@pytest.fixture
def stripe() -> Iterator[SlowStripe]:
    with SlowStripe() as server:
        try:
            yield server
        finally:
            server.open.set()


def move(app: RunningApp) -> None:
    """Stop the host and start it with the other SDK."""
    app.host.stop()
    app.host.python = str(OTHER)
    app.host.start()


def fails_clearly(app: RunningApp, order_id: str) -> None:
    ended = app.wait_for_end(order_id)
    assert ended["runtimeStatus"] == "Failed", ended
    assert any(error in ended["error"] for error in ERRORS), ended["error"]


def can_be_ordered(app: RunningApp, sku: str) -> None:
    body = order_for(sku)
    app.place(body)
    assert app.wait_for_end(body["orderId"])["stage"] == "Invoiced"


def test_an_order_in_flight_fails_clearly_and_can_be_placed_again(
    start_app: Callable[[], RunningApp],
) -> None:
    app = start_app()
    woken, sku, _ = app.pause_order()
    cancelled, _, _ = app.pause_order()
    body = order_for(app.stock(5))
    app.place(body)
    assert app.wait_for_end(body["orderId"])["stage"] == "Invoiced"
    move(app)

    # What has ended and what waits can be looked at, and new orders are taken.
    assert app.order(body["orderId"])["invoice"]["total"] > 0
    assert app.order(woken)["stage"] == "AwaitingProceed"
    can_be_ordered(app, app.stock(1))

    # What waits ends with the first thing that wakes it, and says why.
    app.set_stock(sku, 1)
    app.events.send(woken)
    app.events.send(cancelled, "Cancel")
    for order_id in (woken, cancelled):
        fails_clearly(app, order_id)
    # A check that was still under way may take the piece for it: the sweep gives it back.
    assert wait_until(lambda: _swept(app, sku) == 1, PATIENCE), app.tail()
    can_be_ordered(app, sku)


def test_an_order_of_many_rounds_that_its_timer_wakes_fails_clearly(
    start_app: Callable[[], RunningApp],
) -> None:
    app = start_app()
    order_id, sku, links = app.pause_order()
    for attempt in (2, 3, 4):
        app.events.send(order_id)

        def looked(attempt: int = attempt) -> bool:
            shown = app.call("GET", links["statusQueryGetUri"]).json()["customStatus"]
            return bool(shown["attempt"] == attempt and shown["stage"] == "AwaitingProceed")

        assert wait_until(looked, PATIENCE), app.tail()
    move(app)
    assert app.order(order_id)["stage"] == "AwaitingProceed"

    answer = app.call("POST", "/admin/emulator/clock", {"advanceSeconds": DAY})
    assert answer.status == 200, answer.text

    fails_clearly(app, order_id)
    app.set_stock(sku, 1)
    assert wait_until(lambda: _swept(app, sku) == 1, PATIENCE), app.tail()
    can_be_ordered(app, sku)


def test_an_order_in_mid_payment_fails_clearly_and_leaves_neither_stock_nor_money_behind(
    start_app: Callable[..., RunningApp], stripe: SlowStripe
) -> None:
    app = start_app(
        PAYMENT_GATEWAY="stripe", STRIPE_API_KEY="sk_test_1", STRIPE_API_BASE=stripe.base_url
    )
    sku = app.stock(3)
    charged, uncharged = order_for(sku), order_for(sku)
    stripe.unheard.add(uncharged["orderId"])
    placed = [each["orderId"] for each in (charged, uncharged)]
    for body in (charged, uncharged):
        app.place(body)
    assert wait_until(lambda: stripe.waiting.issuperset(placed), PATIENCE), app.tail()
    assert [each.kept for each in stripe.books.of_orders()[charged["orderId"]]] == [1000]
    assert uncharged["orderId"] not in stripe.books.of_orders()
    assert app.available(sku) == 1
    app.host.stop()
    stripe.open.set()
    app.host.python = str(OTHER)
    app.host.start()

    for order_id in placed:
        fails_clearly(app, order_id)
        # One that was only opened takes no money.
        taken = [each for each in stripe.books.of_orders()[order_id] if each.status == "succeeded"]
        assert len(taken) == 1, "the activity that runs again charges twice"
    assert wait_until(lambda: _swept(app, sku) == 3, PATIENCE), app.tail()
    can_be_ordered(app, sku)

    def violated() -> list[object]:
        books, record = read_books(app.storage, app.host.base_url), Record(accepted=set(placed))
        return list(judge_all(books, record, stripe.books.of_orders()))

    assert wait_until(lambda: not violated(), PATIENCE), (violated(), app.tail())
    intents = stripe.books.of_orders()
    assert [sum(each.kept for each in intents[order_id]) for order_id in placed] == [0, 0]


def _swept(app: RunningApp, sku: str) -> int:
    sweep(app)
    return app.available(sku)
