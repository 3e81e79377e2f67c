"""How an order announces the stage it is in, and ends."""

from typing import Any

import azure.durable_functions as df

from ordering.stages import Stage

__all__ = ["OrderEnded", "Stage", "announce"]


class OrderEnded(Exception):
    """The order ends without an invoice; the text is for the person who asks why."""

    def __init__(self, stage: Stage, message: str) -> None:
        super().__init__(message)
        self.stage = stage


def announce(context: df.DurableOrchestrationContext, stage: Stage, **details: Any) -> None:
    """Set the custom status; it is seen when the turn ends."""
    context.set_custom_status({"stage": stage.value, **details})
