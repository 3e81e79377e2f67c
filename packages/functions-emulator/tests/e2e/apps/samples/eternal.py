from datetime import timedelta

import azure.durable_functions as df

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def counter(context: df.DurableOrchestrationContext):
    value = context.get_input() or 0
    operation = yield context.wait_for_external_event("operation")
    if operation == "incr":
        context.continue_as_new(value + 1)
        return None
    return value


@bp.orchestration_trigger(context_name="context")
def periodic_cleanup(context: df.DurableOrchestrationContext):
    rounds = context.get_input() or 0
    yield context.call_activity("clean_up", rounds)
    context.set_custom_status({"rounds": rounds + 1})
    yield context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    context.continue_as_new(rounds + 1)


@bp.activity_trigger(input_name="number")
def clean_up(number: int) -> None:
    return None
