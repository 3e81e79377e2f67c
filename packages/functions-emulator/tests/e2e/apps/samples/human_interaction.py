from datetime import timedelta

import azure.durable_functions as df

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def approval(context: df.DurableOrchestrationContext):
    due = context.current_utc_datetime + timedelta(hours=72)
    timeout = context.create_timer(due)
    approved = context.wait_for_external_event("ApprovalEvent")
    winner = yield context.task_any([approved, timeout])
    if winner == approved:
        timeout.cancel()
        return {"approved": approved.result}
    return {"escalated": context.current_utc_datetime.isoformat()}


@bp.orchestration_trigger(context_name="context")
def forgets_its_timer(context: df.DurableOrchestrationContext):
    timeout = context.create_timer(context.current_utc_datetime + timedelta(minutes=10))
    yield context.task_any([context.wait_for_external_event("Go"), timeout])
    return "done"


@bp.orchestration_trigger(context_name="context")
def waits_a_month(context: df.DurableOrchestrationContext):
    yield context.create_timer(context.current_utc_datetime + timedelta(days=30))
    return "a month later"
