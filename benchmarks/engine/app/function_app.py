"""The order workflow with trivial activities: what is left is the engine."""

from collections.abc import Generator
from typing import Any

import azure.durable_functions as df

app = df.DFApp()
checked: set[str] = set()


@app.orchestration_trigger(context_name="context")
def place_order(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    """Check, pause, event, check, pay."""
    order = context.get_input()
    while not (yield context.call_activity("check", order)):
        yield context.wait_for_external_event("Proceed")
        getattr(context, "deferred_tasks", {}).pop("Proceed", None)  # SDK 2.x forgets by itself
    invoice = yield context.call_activity("pay", order)
    return invoice


@app.activity_trigger(input_name="order")
def check(order: dict) -> bool:  # type: ignore[type-arg]
    """Come up short at the first time."""
    first = order["orderId"] not in checked
    checked.add(order["orderId"])
    return not first


@app.activity_trigger(input_name="order")
def pay(order: dict) -> dict:  # type: ignore[type-arg]
    """Write an invoice."""
    return {"invoiceId": f"INV-{order['orderId']}", "total": 100}
