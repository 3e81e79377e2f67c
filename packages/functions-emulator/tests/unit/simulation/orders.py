"""An orchestrator in the form in which an app has it."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

bp = df.Blueprint()


@bp.function_name("Order")
@bp.orchestration_trigger(context_name="context")
def order(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    items = context.get_input()
    if not (yield context.call_activity("Reserve", items)):
        return "out of stock"
    context.set_custom_status({"stage": "AwaitingPayment"})
    paid = context.wait_for_external_event("Paid")
    expiry = context.create_timer(context.current_utc_datetime + timedelta(days=5))
    if (yield context.task_any([paid, expiry])) == expiry:
        return "expired"
    expiry.cancel()
    tracking = yield context.call_activity_with_retry("Ship", df.RetryOptions(60_000, 3), items)
    return {"paid": paid.result, "tracking": tracking}
