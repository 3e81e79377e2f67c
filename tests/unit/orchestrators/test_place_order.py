import json
from typing import Any

import pytest

from durable_sdk import IS_2
from orchestrators import place_order as module
from tests.unit.orchestrators.simulated_order import VERSION, SimulatedOrder
from tests.usual_answers import CHECK, INVOICE, PAY, REFUND, RELEASE, USUAL

ORDER = {
    "orderId": "order-1",
    "customerId": "c-1",
    "items": [{"sku": "TEA", "quantity": 2}],
    "paymentMethod": "pm_card_visa",
}


PLACED_AT = "2026-11-22T12:00:00Z"


def start(version: str | None = VERSION, **changes: Any) -> SimulatedOrder:
    return SimulatedOrder({**ORDER, **changes}, version=version)


def waiting(**changes: Any) -> SimulatedOrder:
    order = start(**changes)
    order.answer(CHECK, False)
    assert order.stage == "AwaitingProceed"
    return order


def finish(order: SimulatedOrder) -> None:
    for step in (CHECK, PAY):
        order.answer(step, USUAL[step])


def assert_undone(order: SimulatedOrder, stage: str, words: str) -> None:
    assert order.stage == stage
    assert order.status == "Running"
    order.answer(RELEASE, {"released": True})
    order.answer(REFUND, {"refunded": 0})
    assert order.stage == stage
    if stage == "Failed":
        assert order.status == "Failed"
        assert words in order.output
    else:  # a decision is no failure
        assert order.status == "Completed"
        assert order.output == {
            "orderId": "order-1",
            "stage": stage,
            "reason": order.output["reason"],
        }
        assert words in order.output["reason"]


# Straight through.


def test_an_order_in_stock_is_charged_and_ends_with_its_invoice() -> None:
    order = start()
    assert order.stage == "CheckingInventory"
    assert order.input_of(CHECK) == {**ORDER, "placedAt": PLACED_AT}
    order.answer(CHECK, True)
    assert order.stage == "ProcessingPayment"
    assert order.input_of(PAY) == ORDER
    order.answer(PAY, USUAL[PAY])
    assert (order.status, order.stage) == ("Completed", "Invoiced")
    assert order.output == INVOICE


def test_an_order_without_an_id_takes_that_of_its_instance() -> None:
    order = {name: value for name, value in ORDER.items() if name != "orderId"}
    assert SimulatedOrder(order).input_of(CHECK)["orderId"] == "order-1"


def test_an_order_restarted_under_another_instance_id_is_refused_and_not_charged_again() -> None:
    order = start(orderId="another")
    assert (order.status, order.stage) == ("Failed", "Failed")
    assert order.pending == []
    assert "not placed again under another instance id" in order.output


def test_every_check_is_told_when_the_order_was_placed() -> None:
    order = start()
    order.advance(minutes=3)
    order.answer(CHECK, False)
    order.raise_event("Proceed")
    assert order.input_of(CHECK)["placedAt"] == PLACED_AT


def test_the_first_turn_only_checks_the_stock() -> None:
    assert start().waits_for == [CHECK]


# Waiting.


def test_a_short_order_says_what_it_waits_for_and_until_when() -> None:
    assert waiting().custom_status == {
        "stage": "AwaitingProceed",
        "attempt": 1,
        "waitingFor": ["Proceed", "Cancel"],
        "until": "2026-11-29T12:00:00Z",
    }


@pytest.mark.parametrize(
    "data", [None, False, "null", '{"by": "shop"}', {"by": "shop"}, 0, "", [1]]
)
def test_proceed_wakes_the_order_whatever_its_data(data: Any) -> None:
    order = waiting()
    order.raise_event("Proceed", data)
    assert order.stage == "CheckingInventory"
    finish(order)
    assert order.output == INVOICE


def test_an_order_that_is_checked_again_says_how_often_it_was() -> None:
    order = waiting()
    for attempt in (2, 3):
        order.raise_event("Proceed")
        assert order.custom_status == {"stage": "CheckingInventory", "attempt": attempt}
        order.answer(CHECK, False)
        assert order.custom_status["attempt"] == attempt


def test_stock_decides_not_the_event() -> None:
    order = waiting()
    order.raise_event("Proceed")
    order.answer(CHECK, False)
    assert order.stage == "AwaitingProceed"
    assert order.custom_status["attempt"] == 2


@pytest.mark.skipif(IS_2, reason="SDK 2.x ignores case itself")
def test_a_wrong_cased_event_is_not_heard_and_harms_nothing() -> None:
    order = waiting()
    order.raise_event("proceed")
    assert order.stage == "AwaitingProceed"
    order.raise_event("Proceed")
    finish(order)
    assert order.status == "Completed"


@pytest.mark.skipif(not IS_2, reason="SDK 1.x does not ignore case")
def test_an_event_in_any_case_is_heard() -> None:
    order = waiting()
    order.raise_event("proceed")
    finish(order)
    assert order.status == "Completed"


def test_an_event_of_another_name_is_ignored() -> None:
    order = waiting()
    order.raise_event("Hurry")
    assert order.stage == "AwaitingProceed"
    assert order.waits_for == []


def test_a_day_without_an_event_leads_to_another_check() -> None:
    order = waiting()
    order.advance(hours=24)
    assert order.stage == "CheckingInventory"
    finish(order)
    assert order.status == "Completed"


def test_the_deadline_ends_the_wait_and_undoes_the_order() -> None:
    order = waiting(waitSeconds=3600, recheckSeconds=600)
    for _ in range(6):
        order.advance(minutes=10)
        order.answer(CHECK, False)
    assert_undone(order, "Expired", "3600 seconds")


def test_the_stock_is_checked_once_more_at_the_deadline() -> None:
    order = waiting(waitSeconds=60)
    order.advance(seconds=60)
    finish(order)
    assert order.output == INVOICE


def test_a_timer_that_lost_its_round_may_fire_later() -> None:
    order = waiting()
    order.advance(hours=1)
    order.raise_event("Proceed")
    order.answer(CHECK, False)
    order.advance(hours=23)
    assert order.custom_status["attempt"] == 2
    assert order.stage == "AwaitingProceed"
    order.advance(hours=1)
    assert order.stage == "CheckingInventory"


def test_many_rounds_pass_without_hanging() -> None:
    order = waiting()
    for _ in range(25):
        order.raise_event("Proceed")
        order.answer(CHECK, False)
    order.raise_event("Proceed")
    finish(order)
    assert order.status == "Completed"


# An order that is woken in vain for ever.


def woken(order: SimulatedOrder, times: int) -> None:
    for _ in range(times):
        order.raise_event("Proceed")
        order.answer(CHECK, False)


@pytest.fixture
def few_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECKS_ON_DEMAND", 4)


@pytest.mark.usefixtures("few_checks")
def test_after_many_checks_in_vain_an_order_hears_cancel_only_and_looks_once_a_day() -> None:
    order = waiting(recheckSeconds=60)
    woken(order, 2)
    assert order.custom_status["waitingFor"] == ["Proceed", "Cancel"]
    woken(order, 1)
    assert (order.custom_status["attempt"], order.custom_status["waitingFor"]) == (4, ["Cancel"])
    for name in ("Proceed", "Proceed"):
        order.raise_event(name)
        assert (order.stage, order.waits_for) == ("AwaitingProceed", [])
    order.advance(hours=23, minutes=59)
    assert order.waits_for == []
    order.advance(minutes=1)
    assert order.waits_for == [CHECK]
    order.raise_event("Proceed")
    order.answer(CHECK, False)
    assert (order.stage, order.waits_for) == ("AwaitingProceed", [])
    order.advance(days=1)
    finish(order)
    assert order.output == INVOICE


@pytest.mark.usefixtures("few_checks")
def test_a_wait_of_an_earlier_round_wakes_an_order_that_is_on_its_own_no_more() -> None:
    order = waiting(recheckSeconds=60)
    for _ in range(3):
        # By the timer: so each round leaves a wait for Proceed behind.
        order.advance(minutes=1)
        order.answer(CHECK, False)
    assert order.custom_status["waitingFor"] == ["Cancel"]
    order.advance(days=1)
    order.raise_event("Proceed")
    order.answer(CHECK, False)
    assert (order.stage, order.waits_for) == ("AwaitingProceed", [])


def test_after_how_many_checks_that_is_so_stands_in_the_history_of_orders_in_flight() -> None:
    # Another number makes them behave unlike their history: it needs a version of its own.
    assert (module.CHECKS_ON_DEMAND, module.UNVERSIONED_CHECKS) == (500, 1_000)


@pytest.mark.usefixtures("few_checks")
def test_an_order_without_a_version_is_on_its_own_after_its_own_number_of_checks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "UNVERSIONED_CHECKS", 6)
    order = start(version=None)
    order.answer(CHECK, False)
    woken(order, 4)
    assert order.custom_status["waitingFor"] == ["Proceed", "Cancel"]
    woken(order, 1)
    assert order.custom_status["waitingFor"] == ["Cancel"]


@pytest.mark.usefixtures("few_checks")
def test_after_many_checks_in_vain_an_order_can_be_cancelled() -> None:
    order = waiting()
    woken(order, 3)
    order.raise_event("Proceed")
    order.raise_event("Cancel")
    assert_undone(order, "Cancelled", "cancelled")


@pytest.mark.usefixtures("few_checks")
def test_an_order_never_expires_before_its_deadline() -> None:
    order = waiting(waitSeconds=30 * 24 * 3600)
    woken(order, 3)
    for _ in range(29):
        order.advance(days=1)
        order.answer(CHECK, False)
        assert order.stage == "AwaitingProceed"
    order.advance(days=1)
    order.answer(CHECK, False)
    assert_undone(order, "Expired", "2592000 seconds")


@pytest.mark.usefixtures("few_checks")
def test_a_deadline_within_the_day_is_kept() -> None:
    order = waiting(waitSeconds=3600)
    woken(order, 3)
    order.advance(hours=1)
    order.answer(CHECK, False)
    assert_undone(order, "Expired", "3600 seconds")


@pytest.mark.usefixtures("few_checks")
def test_an_order_without_a_version_keeps_the_rule_by_which_it_was_placed() -> None:
    # It may have been checked more often already: the new rule would not fit its history.
    order = start(version=None)
    order.answer(CHECK, False)
    woken(order, 8)
    assert order.custom_status["waitingFor"] == ["Proceed", "Cancel"]


# Early, doubled, late.


def test_an_early_proceed_costs_one_check_and_no_more() -> None:
    order = start()
    order.raise_event("Proceed")
    order.answer(CHECK, False)
    order.answer(CHECK, False)
    assert order.stage == "AwaitingProceed"
    assert order.waits_for == []


def test_two_early_proceeds_do_not_make_the_order_spin_or_hang() -> None:
    order = start()
    order.turn(order.raised("Proceed"), order.raised("Proceed"))
    for _ in range(3 if IS_2 else 2):  # SDK 1.x keeps one early event of a name
        order.answer(CHECK, False)
    assert order.waits_for == []
    order.raise_event("Proceed")
    finish(order)
    assert order.status == "Completed"


def test_a_doubled_proceed_costs_one_check_more() -> None:
    order = waiting()
    order.turn(order.raised("Proceed"), order.raised("Proceed"))
    order.answer(CHECK, False)
    order.answer(CHECK, False)
    assert order.stage == "AwaitingProceed"
    assert order.waits_for == []


def test_a_proceed_during_the_check_leads_to_another_check() -> None:
    order = waiting()
    order.raise_event("Proceed")
    order.raise_event("Proceed")
    order.answer(CHECK, False)
    assert order.waits_for == [CHECK]


def test_a_proceed_that_an_old_wait_takes_during_a_check_is_not_lost() -> None:
    # The wait of the round that the timer won is still open, and takes the event.
    order = waiting(recheckSeconds=60)
    order.advance(seconds=60)
    order.raise_event("Proceed")
    order.answer(CHECK, False)
    assert order.waits_for == [CHECK]
    finish(order)
    assert order.status == "Completed"


def test_a_late_proceed_after_the_stock_was_reserved_changes_nothing() -> None:
    order = waiting()
    order.raise_event("Proceed")
    order.answer(CHECK, True)
    order.raise_event("Proceed")
    order.answer(PAY, USUAL[PAY])
    assert order.output == INVOICE


# Cancel.


def test_cancel_ends_a_waiting_order() -> None:
    order = waiting()
    order.raise_event("Cancel")
    assert_undone(order, "Cancelled", "cancelled")


def test_an_early_cancel_ends_a_short_order() -> None:
    order = start()
    order.raise_event("Cancel")
    order.answer(CHECK, False)
    assert_undone(order, "Cancelled", "cancelled")


@pytest.mark.parametrize("names", [("Proceed", "Cancel"), ("Cancel", "Proceed")])
def test_cancel_wins_over_a_proceed_that_came_with_it(names: tuple[str, str]) -> None:
    order = start()
    order.turn(*(order.raised(name) for name in names))
    order.answer(CHECK, False)
    assert_undone(order, "Cancelled", "cancelled")


def test_cancel_during_a_check_is_not_lost() -> None:
    # The first round's wait for Cancel is still open, and takes it while nobody looks.
    order = waiting()
    order.raise_event("Proceed")
    order.raise_event("Cancel")
    order.answer(CHECK, False)
    assert_undone(order, "Cancelled", "cancelled")


def test_cancel_of_a_waiting_order_during_a_check_that_succeeds_releases_the_stock() -> None:
    order = waiting()
    order.raise_event("Proceed")
    order.raise_event("Cancel")
    order.answer(CHECK, True)
    assert_undone(order, "Cancelled", "cancelled")


def test_cancel_in_a_later_round_still_works() -> None:
    order = waiting(recheckSeconds=60)
    for _ in range(3):
        order.advance(seconds=60)
        order.answer(CHECK, False)
    order.raise_event("Cancel")
    assert_undone(order, "Cancelled", "cancelled")


# Payment and failures.


@pytest.mark.parametrize("rounds", [0, 1])
def test_an_order_that_can_no_longer_be_fulfilled_is_rejected(rounds: int) -> None:
    order = start()
    for _ in range(rounds):
        order.answer(CHECK, False)
        order.raise_event("Proceed")
    order.answer(CHECK, {"status": "rejected", "reason": "It is priced in EUR, USD."})
    assert_undone(order, "Rejected", "EUR, USD")


def test_a_declined_payment_undoes_the_order() -> None:
    order = start()
    order.answer(CHECK, True)
    declined = {"status": "declined", "code": "card_declined", "message": "Your card was declined."}
    order.answer(PAY, declined)
    assert_undone(order, "PaymentDeclined", "card_declined")


def test_a_check_that_fails_is_tried_ten_times_before_the_order_is_undone() -> None:
    order = start()
    for _ in range(10):
        order.fail(CHECK, "Activity function 'CheckAndReserveInventory' failed:  OSError: away")
        order.advance(seconds=5)
    assert_undone(order, "Failed", "OSError: away")


def test_one_success_among_the_tries_is_enough() -> None:
    order = start()
    order.fail(CHECK)
    assert order.waits_for == []
    order.advance(seconds=5)
    finish(order)
    assert order.output == INVOICE


def test_a_payment_of_unknown_outcome_is_refunded() -> None:
    order = start()
    order.answer(CHECK, True)
    for _ in range(10):
        order.fail(PAY)
        order.advance(seconds=5)
    assert_undone(order, "Failed", "boom")


def test_the_error_holds_no_stack_trace() -> None:
    order = start()
    for _ in range(10):
        order.fail(CHECK, 'failed:  OSError: away\nTraceback "secret"')
        order.advance(seconds=5)
    order.answer(RELEASE, {"released": True})
    order.answer(REFUND, {"refunded": 0})
    assert "secret" not in order.output


def fail_for_good(order: SimulatedOrder, name: str, tries: int, **apart: float) -> None:
    for _ in range(tries - 1):
        order.fail(name, "storage is away")
        order.advance(**apart)
    order.fail(name, "storage is away")
    order.advance(seconds=0)


def test_a_compensation_that_fails_does_not_stop_the_other_and_is_tried_for_a_day() -> None:
    order = waiting()
    order.raise_event("Cancel")
    fail_for_good(order, RELEASE, 10, seconds=5)
    assert order.waits_for == [REFUND]
    [trouble] = order.custom_status["failedCompensation"]
    assert trouble["step"] == RELEASE and trouble["error"].endswith("storage is away")
    order.answer(REFUND, {"refunded": 0})
    order.fail(RELEASE, "storage is away")
    order.advance(minutes=30)
    order.answer(RELEASE, {"released": True})
    assert (order.status, order.stage) == ("Completed", "Cancelled")
    assert order.custom_status == {"stage": "Cancelled"}
    assert "cancelled" in order.output["reason"]


def test_the_stock_is_released_with_the_stage_that_the_order_ended_at() -> None:
    order = start()
    order.answer(CHECK, False)
    order.raise_event("Cancel")
    assert order.input_of(RELEASE) == {"orderId": "order-1", "stage": "Cancelled"}
    order.answer(RELEASE, {"released": False})
    assert order.input_of(REFUND) == {"orderId": "order-1"}


def test_a_compensation_that_fails_for_good_is_named_in_the_error() -> None:
    order = waiting()
    order.raise_event("Cancel")
    fail_for_good(order, RELEASE, 10, seconds=5)
    order.answer(REFUND, {"refunded": 0})
    fail_for_good(order, RELEASE, 48, minutes=30)
    assert (order.status, order.stage) == ("Failed", "Cancelled")
    assert "ReleaseInventory failed and must be done by hand" in order.output


# Data that both SDKs take for an object of a class.

AN_OBJECT = {"__class__": "x", "__module__": "y", "__data__": 1}


@pytest.mark.parametrize("data", [AN_OBJECT, {"deep": [AN_OBJECT]}])
def test_an_object_over_the_hosts_own_api_fails_the_order_before_it_can_undo(data: Any) -> None:
    """Nothing of ours runs between the host and the SDK: the sweep undoes it (test_sweep.py)."""
    order = waiting()
    order.raise_event("Proceed", data)
    assert (order.status, order.stage) == ("Failed", "AwaitingProceed")
    assert "cannot deserialize custom object" in str(order.output)


@pytest.mark.parametrize("text", [json.dumps(AN_OBJECT), json.dumps(json.dumps(AN_OBJECT))])
def test_the_same_over_the_routes_of_this_app_wakes_the_order(text: str) -> None:
    """NotifyEvent sends it as text: client 2.x encodes that once, client 1.x once more."""
    order = waiting()
    order.raise_event("Proceed", text)
    assert order.stage == "CheckingInventory"


# Bad input.


@pytest.mark.parametrize("data", [AN_OBJECT, {**ORDER, "deep": AN_OBJECT}])
def test_an_object_in_an_order_fails_it_at_once_and_calls_nothing(data: Any) -> None:
    """SDK 2.x refuses it before PlaceOrder runs, so there is no stage."""
    order = SimulatedOrder(data)
    assert (order.status, order.pending) == ("Failed", [])


@pytest.mark.parametrize("data", [None, [], 5, "text", {}, {"customerId": 1}])
def test_an_order_that_is_none_fails_at_once_and_calls_nothing(data: Any) -> None:
    order = SimulatedOrder(data)
    assert (order.status, order.stage) == ("Failed", "Failed")
    assert "The order cannot be placed" in order.output
    assert order.pending == []


SECRET = "?sig=pwd=secret"


@pytest.mark.parametrize(
    "change",
    [
        {"customerId": SECRET + "\n"},
        {SECRET: 1},
        {"items": [{"sku": SECRET, "quantity": 1, SECRET: 1}]},
        {"orderId": SECRET},
        {"waitSeconds": SECRET},
        {"orderId": "pwd-secret"},
    ],
)
def test_nothing_that_was_sent_is_in_the_error_of_a_bad_order(change: dict[str, Any]) -> None:
    # The host cuts what looks like a credential out of an error, and the order's record with it.
    order = start(**change)
    assert order.status == "Failed"
    assert "secret" not in order.output and "=" not in order.output.split("\n")[0]


def test_an_activitys_error_looks_like_no_credential_in_the_orders_error() -> None:
    order = start()
    for _ in range(10):
        order.fail(CHECK, "failed: 403 for https://x?sig=abc&AccountKey=abc")
        order.advance(seconds=5)
    order.answer(RELEASE, {"released": True})
    order.answer(REFUND, {"refunded": 0})
    assert order.status == "Failed"
    assert "403 for" in order.output and "=" not in order.output.split("\n")[0]


def test_the_words_of_a_bank_are_in_no_error() -> None:
    order = start()
    order.answer(CHECK, True)
    order.answer(PAY, {"status": "declined", "code": "x", "message": "pwd=secret"})
    fail_for_good(order, RELEASE, 10, seconds=5)
    order.answer(REFUND, {"refunded": 0})
    fail_for_good(order, RELEASE, 48, minutes=30)
    assert (order.status, order.stage) == ("Failed", "PaymentDeclined")
    assert "secret" not in order.output and "must be done by hand" in order.output


def logged(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(each.levelname, each.getMessage()) for each in caplog.records]


def test_a_decision_is_one_line_at_information(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="orchestrators")
    order = waiting()
    order.raise_event("Cancel")
    order.answer(RELEASE, {"released": True})
    order.answer(REFUND, {"refunded": 0})
    reason = "The order was cancelled while it waited for stock."
    assert logged(caplog) == [("INFO", f"Order order-1 ended as Cancelled: {reason}")]


def test_an_invoice_is_one_line_at_information_after_any_number_of_replays(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", logger="orchestrators")
    order = waiting()
    order.raise_event("Proceed")
    finish(order)
    assert logged(caplog) == [("INFO", "Order order-1 ended as Invoiced: INV-order-1")]


def test_a_bad_order_names_the_field() -> None:
    assert "quantity" in start(items=[{"sku": "TEA", "quantity": 0}]).output


def test_a_very_bad_order_names_five_fields_and_no_more() -> None:
    order = SimulatedOrder({"items": [{} for _ in range(4)]})
    named = order.output.partition("is not valid: ")[2].partition("\n")[0].rstrip(".")
    assert len(named.split(", ")) == 5


def test_an_order_with_fields_that_are_not_known_says_so_without_their_names() -> None:
    assert "it has fields that are not known" in start(colour="red").output


def test_an_instance_id_that_is_no_order_id_is_refused() -> None:
    order = SimulatedOrder(ORDER, instance_id="order 1")
    assert order.status == "Failed"
    assert "orderId" in order.output


def test_an_order_that_the_other_sdk_has_accepted_is_begun() -> None:
    # The client of 1.x encodes an input twice (durable-python#295), that of 2.x once.
    assert SimulatedOrder(json.dumps(ORDER)).input_of(CHECK) == {**ORDER, "placedAt": PLACED_AT}
