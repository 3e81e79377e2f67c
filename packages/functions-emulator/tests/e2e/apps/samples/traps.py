"""What hangs or spins on the durable extension."""

from datetime import timedelta

import azure.durable_functions as df

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def reuses_its_timer(context: df.DurableOrchestrationContext):
    timer = context.create_timer(context.current_utc_datetime + timedelta(seconds=60))
    while True:
        winner = yield context.task_any([context.wait_for_external_event("Again"), timer])
        if winner == timer:
            yield context.call_activity("note", "timed out")
            return "timed out"


@bp.orchestration_trigger(context_name="context")
def keeps_the_copy(context: df.DurableOrchestrationContext):
    rounds = 0
    yield context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    while rounds < 8:
        rounds += 1
        context.set_custom_status({"rounds": rounds})
        timer = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
        event = context.wait_for_external_event("Proceed")
        winner = yield context.task_any([event, timer])
        if winner == event:
            timer.cancel()
        yield context.call_activity("note", "checked")
    return rounds


@bp.orchestration_trigger(context_name="context")
def calls_a_stranger(context: df.DurableOrchestrationContext):
    wanted = context.get_input()
    if "orchestrator" in wanted:
        call = context.call_sub_orchestrator(wanted["orchestrator"], 1)
    elif "attempts" in wanted:
        retry = df.RetryOptions(1, wanted["attempts"])
        call = context.call_activity_with_retry(wanted["activity"], retry, 1)
    else:
        call = context.call_activity(wanted["activity"], 1)
    try:
        yield call
    except Exception as error:
        if wanted["catch"]:
            return str(error)
        raise
    return "it ran"


@bp.activity_trigger(input_name="text")
def note(text: str) -> str:
    return text
