"""An orchestrator that nothing bounds: its history grows with every round."""

from collections.abc import Generator
from typing import Any

import azure.durable_functions as df

app = df.DFApp()


@app.orchestration_trigger(context_name="context")
def unbounded(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    """Wait for an event, then check: as many rounds as the input says."""
    rounds = context.get_input()["rounds"]
    for _ in range(rounds):
        yield context.wait_for_external_event("Proceed")
        context.deferred_tasks.pop("Proceed", None)
        yield context.call_activity("check", "order")
    return rounds


@app.activity_trigger(input_name="order")
def check(order: str) -> bool:
    """Come up short."""
    return False
