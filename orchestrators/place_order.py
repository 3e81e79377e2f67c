"""PlaceOrder: reserve the stock, wait for it while it is short, charge, invoice.

Pure, as every orchestrator must be: it is run again from the start at each turn.
"""

import logging
from collections.abc import Generator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import azure.durable_functions as df

from durable_sdk import decoded
from orchestrators.compensation import undo
from orchestrators.event_waits import EventWaits
from orchestrators.steps import (
    CHECK_AND_RESERVE,
    PROCESS_PAYMENT,
    OrderEnded,
    announce,
    call,
)
from orchestrators.versions import placed_under
from ordering.json_input import UNKNOWN_FIELD, ContractError
from ordering.log_text import first_line
from ordering.model import LONGEST_RECHECK_SECONDS, Placement, Stage, parse_placement
from ordering.notifications import CANCEL, EVENT_NAMES, PROCEED

# Every turn replays the whole history, so an order that is woken again and again would get too
# slow. After so many checks in vain it looks once a day and hears Cancel only. It is not continued
# as new: a Cancel may get lost then (durabletask#1399).
CHECKS_ON_DEMAND = 500
# For orders that were placed before host.json had a `defaultVersion`: they may have been checked
# more often.
UNVERSIONED_CHECKS = 1_000

log = logging.getLogger(__name__)
bp = df.Blueprint()

Steps = Generator[Any, Any, Any]


@bp.function_name("PlaceOrder")
@bp.orchestration_trigger(context_name="context")
def place_order(context: df.DurableOrchestrationContext) -> Steps:
    """Take an order to its invoice, or undo it.

    Input: the order with `waitSeconds` and `recheckSeconds` (ordering/model.py).
    Output: InvoiceData, or `{"orderId", "stage", "reason"}` where a decision ended it. Fails only
    for what a person must repair.
    Events: `Proceed` has the stock checked again, `Cancel` ends the wait.
    """
    placement = _placement(context)
    order = placement.order.to_json()
    waits = EventWaits(context, EVENT_NAMES)
    try:
        yield from _reserve(context, waits, placement, order)
        invoice = yield from _charge(context, order)
    except OrderEnded as ending:
        return (yield from _end(context, ending))
    announce(context, Stage.INVOICED)
    _log_end(context, Stage.INVOICED, str(invoice.get("invoiceId")))
    return invoice


def _end(context: df.DurableOrchestrationContext, ending: OrderEnded) -> Steps:
    """Undo what was done; return the result of a decision, or raise what a person must repair."""
    yield from undo(context, context.instance_id, ending)
    if ending.stage is Stage.FAILED:
        raise ending
    _log_end(context, ending.stage, first_line(str(ending)))
    return {"orderId": context.instance_id, "stage": ending.stage.value, "reason": str(ending)}


def _log_end(context: df.DurableOrchestrationContext, stage: Stage, why: str) -> None:
    if not context.is_replaying:
        log.info("Order %s ended as %s: %s", context.instance_id, stage.value, why)


def _placement(context: df.DurableOrchestrationContext) -> Placement:
    try:
        # An order that 1.7 has accepted may be begun by 2.x, and its input was encoded twice.
        data = decoded(context.get_input())
    except (TypeError, ValueError):  # the SDK cannot read a list, a number or plain text
        data = None
    if isinstance(data, dict):
        data = {"orderId": context.instance_id, **data}
    try:
        placement = parse_placement(data)
    except ContractError as error:
        announce(context, Stage.FAILED)
        # It holds nothing that was sent, not even the names of unknown fields; see OrderEnded.
        known = [each["field"] for each in error.errors if each["message"] != UNKNOWN_FIELD]
        named = ", ".join(known[:5]) or "it has fields that are not known"
        message = f"The order cannot be placed, for its input is not valid: {named}."
        raise OrderEnded(Stage.FAILED, message) from None
    # `restartPostUri` starts the same order under another instance id: it would be charged again.
    if placement.order.order_id != context.instance_id:
        announce(context, Stage.FAILED)
        raise OrderEnded(
            Stage.FAILED,
            "An order is not placed again under another instance id. Place a new order with an "
            "orderId of its own.",
        )
    return placement


def _reserve(
    context: df.DurableOrchestrationContext,
    waits: EventWaits,
    placement: Placement,
    order: dict[str, Any],
) -> Steps:
    announce(context, Stage.CHECKING_INVENTORY)
    placed = context.current_utc_datetime
    deadline = placed + timedelta(seconds=placement.wait_seconds)
    check = {**order, "placedAt": _text(placed)}
    most = CHECKS_ON_DEMAND if placed_under(context, "1.0") else UNVERSIONED_CHECKS
    attempt = 1
    while True:
        answer = yield from call(context, CHECK_AND_RESERVE, check)
        if waits.came(CANCEL):
            raise _cancelled()
        if answer is True:
            return
        if isinstance(answer, dict):
            raise OrderEnded(Stage.REJECTED, answer["reason"])
        on_demand = attempt < most
        if not (on_demand and waits.came(PROCEED)):
            yield from _round(context, waits, placement, deadline, attempt, on_demand)
        attempt += 1
        announce(context, Stage.CHECKING_INVENTORY, attempt=attempt)


def _round(
    context: df.DurableOrchestrationContext,
    waits: EventWaits,
    placement: Placement,
    deadline: datetime,
    attempt: int,
    on_demand: bool,
) -> Steps:
    """Wait for an event, or for the next check at the latest; OrderEnded if waiting is over."""
    if context.current_utc_datetime >= deadline:
        raise OrderEnded(
            Stage.EXPIRED,
            f"The order expired: its stock did not come within {placement.wait_seconds} seconds.",
        )
    names = (PROCEED, CANCEL) if on_demand else (CANCEL,)
    seconds = placement.recheck_seconds if on_demand else LONGEST_RECHECK_SECONDS
    recheck = context.current_utc_datetime + timedelta(seconds=seconds)
    announce(
        context,
        Stage.AWAITING_PROCEED,
        attempt=attempt,
        waitingFor=list(names),
        until=_text(deadline),
    )
    yield from waits.wait(min(recheck, deadline), *names)
    if waits.came(CANCEL):
        raise _cancelled()
    waits.came(PROCEED)


def _cancelled() -> OrderEnded:
    return OrderEnded(Stage.CANCELLED, "The order was cancelled while it waited for stock.")


def _charge(context: df.DurableOrchestrationContext, order: dict[str, Any]) -> Steps:
    announce(context, Stage.PROCESSING_PAYMENT)
    payment = yield from call(context, PROCESS_PAYMENT, order)
    if payment["status"] != "charged":
        raise OrderEnded(
            Stage.PAYMENT_DECLINED,
            f"The payment was declined ({payment['code']}): {payment['message']}",
        )
    return payment["invoice"]


@lru_cache(1_000)  # Each round of each replay asks for the same deadline.
def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
