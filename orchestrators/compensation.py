"""Undo what an order did before it ended without an invoice."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from durable_sdk import retries
from orchestrators.steps import (
    REFUND_PAYMENT,
    RELEASE_INVENTORY,
    RETRY,
    OrderEnded,
    announce,
    reason,
)
from ordering.model import Stage

# For a day, every half hour: time for a person to repair the cause.
PATIENT_RETRY = retries(timedelta(minutes=30), 48)


def undo(
    context: df.DurableOrchestrationContext, order_id: str, ending: OrderEnded
) -> Generator[Any, Any, None]:
    """Release the stock, then refund the charge, whichever of the two there is.

    Both activities are idempotent and do nothing where nothing is to be undone, so both are called,
    however far the order came. One that fails never stops the other. While it is tried again, and
    when it has failed for good, the custom status names it. An OrderEnded that names it is raised
    then, since a person must do it.
    """
    troubles: dict[str, str] = {}
    announce(context, ending.stage)
    for activity in (RELEASE_INVENTORY, REFUND_PAYMENT):
        yield from _attempt(context, activity, RETRY, order_id, ending.stage, troubles)
    for activity in list(troubles):
        yield from _attempt(context, activity, PATIENT_RETRY, order_id, ending.stage, troubles)
    if troubles:
        failed = ending.stage is Stage.FAILED
        why = str(ending) if failed else f"The order ended as {ending.stage.value}."
        raise OrderEnded(
            Stage.FAILED, f"{why} {' and '.join(troubles)} failed and must be done by hand."
        )


def _attempt(
    context: df.DurableOrchestrationContext,
    activity: str,
    retry: Any,
    order_id: str,
    stage: Stage,
    troubles: dict[str, str],
) -> Generator[Any, Any, None]:
    argument = {"orderId": order_id}
    if activity == RELEASE_INVENTORY:
        argument["stage"] = stage.value
    try:
        yield context.call_activity_with_retry(activity, retry, argument)
    except (
        Exception
    ) as error:  # the SDK raises nothing narrower: durable-python TaskOrchestrationExecutor.py
        troubles[activity] = reason(error)
    else:
        troubles.pop(activity, None)
    failing = [{"step": step, "error": error} for step, error in troubles.items()]
    announce(context, stage, **({"failedCompensation": failing} if failing else {}))
