"""A bit of everything, for orders that are interrupted at every point."""

from datetime import timedelta

import azure.durable_functions as df

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def endure(context: df.DurableOrchestrationContext):
    number = context.get_input()["number"]
    first = yield context.call_activity("add_one", number)
    event = yield context.wait_for_external_event("Go")
    parts = yield context.task_all([context.call_activity("add_one", n) for n in range(3)])
    yield context.create_timer(context.current_utc_datetime + timedelta(milliseconds=100))
    nested = yield context.call_sub_orchestrator("endure_below", {"number": number})
    return {"first": first, "event": event, "parts": parts, "nested": nested}


@bp.orchestration_trigger(context_name="context")
def endure_below(context: df.DurableOrchestrationContext):
    retry = df.RetryOptions(first_retry_interval_in_milliseconds=20, max_number_of_attempts=3)
    result = yield context.call_activity_with_retry("add_one", retry, context.get_input()["number"])
    return result


@bp.activity_trigger(input_name="number")
def add_one(number: int) -> int:
    return number + 1
