"""What every step does: announce the order's stage, call an activity with retries."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from durable_sdk import retries
from ordering.model import Stage

CHECK_AND_RESERVE = "CheckAndReserveInventory"
PROCESS_PAYMENT = "ProcessPayment"
RELEASE_INVENTORY = "ReleaseInventory"
REFUND_PAYMENT = "RefundPayment"

# Ten tries five seconds apart: no order fails because storage is away for half a minute.
TRIES = 10
RETRY = retries(timedelta(seconds=5), TRIES)


class OrderEnded(Exception):
    """The order ends without an invoice; the text is for the person who asks why.

    With Stage.FAILED the text becomes the orchestration's error. Where that looks as if it held a
    credential, the host cuts it, and the record of what the order did is lost (Sanitizer.cs,
    host#11896). So such a text holds nothing that a customer, a bank or a client sent.
    """

    def __init__(self, stage: Stage, message: str) -> None:
        super().__init__(message)
        self.stage = stage


def announce(context: df.DurableOrchestrationContext, stage: Stage, **details: Any) -> None:
    """Set the custom status; it is seen when the turn ends."""
    context.set_custom_status({"stage": stage.value, **details})


def call(
    context: df.DurableOrchestrationContext, name: str, argument: dict[str, Any]
) -> Generator[Any, Any, Any]:
    """Call an activity and return its result; OrderEnded when it fails for good."""
    try:
        return (yield context.call_activity_with_retry(name, RETRY, argument))
    except Exception as error:  # the SDK raises nothing narrower: TaskOrchestrationExecutor.py
        raise OrderEnded(
            Stage.FAILED,
            f"The order failed {TRIES} times at one step. {reason(error)}",
        ) from error


def reason(error: Exception) -> str:
    """Give the first line of what an activity failed with: the rest is a stack trace.

    Without `=`, by which the host recognises a credential; see OrderEnded.
    """
    return str(error).partition("\n")[0].strip()[:500].replace("=", ": ")
