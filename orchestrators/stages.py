"""The stages of an order, as its custom status tells them."""

from enum import Enum
from typing import Any

import azure.durable_functions as df


class Stage(str, Enum):
    """Name the stages; the last five are ends."""

    CHECKING_INVENTORY = "CheckingInventory"
    AWAITING_PROCEED = "AwaitingProceed"
    PROCESSING_PAYMENT = "ProcessingPayment"
    INVOICED = "Invoiced"
    CANCELLED = "Cancelled"
    EXPIRED = "Expired"
    PAYMENT_DECLINED = "PaymentDeclined"
    FAILED = "Failed"


class OrderEnded(Exception):
    """The order ends without an invoice; the text is for the person who asks why."""

    def __init__(self, stage: Stage, message: str) -> None:
        super().__init__(message)
        self.stage = stage


def announce(context: df.DurableOrchestrationContext, stage: Stage, **details: Any) -> None:
    """Set the custom status; it is seen when the turn ends."""
    context.set_custom_status({"stage": stage.value, **details})
