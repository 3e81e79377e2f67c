import azure.durable_functions as df

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def echo(context: df.DurableOrchestrationContext):
    return context.get_input()
    yield


@bp.orchestration_trigger(context_name="context")
def raises(context: df.DurableOrchestrationContext):
    context.set_custom_status({"stage": "before"})
    yield context.call_activity("note", "x")
    context.set_custom_status({"stage": "after"})
    raise RuntimeError("that went wrong")


@bp.orchestration_trigger(context_name="context")
def large_status(context: df.DurableOrchestrationContext):
    context.set_custom_status("x" * int(context.get_input()["characters"]))
    yield context.call_activity("note", "x")
    return "fits"


@bp.orchestration_trigger(context_name="context")
def output_is_no_json(context: df.DurableOrchestrationContext):
    yield context.call_activity("note", "x")
    return {1, 2}


@bp.orchestration_trigger(context_name="context")
def two_events(context: df.DurableOrchestrationContext):
    context.set_custom_status("waiting")
    first = yield context.wait_for_external_event("One")
    second = yield context.wait_for_external_event("Two")
    return [first, second]


@bp.orchestration_trigger(context_name="context")
def tells_its_version(context: df.DurableOrchestrationContext):
    wanted = context.get_input()
    if wanted == "version":
        return [context.version]
    if wanted and wanted.get("again"):
        context.continue_as_new({"again": False})
        return None
    child = yield context.call_sub_orchestrator("tells_its_version", "version")
    named = yield context.call_sub_orchestrator(
        "tells_its_version", "version", f"{context.instance_id}:named", "1.5"
    )
    return [context.version, *child, *named, context.version]
