"""The order workflow with trivial activities: what is left is the engine."""

import os
from collections import Counter
from collections.abc import Generator
from typing import Any

import azure.durable_functions as df

from functions_emulator.worker import process

app = df.DFApp()
checks: Counter[str] = Counter()

if "SDK_AS_INSTALLED" in os.environ:
    # The worker eases the SDK once it has loaded the app.
    vars(process)["ease_replays"] = lambda: None


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
    """Come up short so many times: once, unless the order says otherwise."""
    checks[order["orderId"]] += 1
    return bool(checks[order["orderId"]] > order.get("rounds", 1))


@app.activity_trigger(input_name="order")
def pay(order: dict) -> dict:  # type: ignore[type-arg]
    """Write an invoice."""
    return {"invoiceId": f"INV-{order['orderId']}", "total": 100}
