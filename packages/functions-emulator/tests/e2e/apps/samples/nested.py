import azure.durable_functions as df

bp = df.Blueprint()
failures = {}


@bp.orchestration_trigger(context_name="context")
def parent(context: df.DurableOrchestrationContext):
    first = yield context.call_sub_orchestrator("child", {"number": 20})
    named = yield context.call_sub_orchestrator("child", {"number": 1}, f"{context.instance_id}-b")
    return [first, named]


@bp.orchestration_trigger(context_name="context")
def child(context: df.DurableOrchestrationContext):
    number = context.get_input()["number"]
    doubled = yield context.call_activity("double", number)
    return {"doubled": doubled, "parent": context.parent_instance_id}


@bp.activity_trigger(input_name="number")
def double(number: int) -> int:
    return number * 2


@bp.orchestration_trigger(context_name="context")
def parent_with_retry(context: df.DurableOrchestrationContext):
    retry = df.RetryOptions(first_retry_interval_in_milliseconds=50, max_number_of_attempts=3)
    result = yield context.call_sub_orchestrator_with_retry(
        "flaky_child", retry, context.instance_id
    )
    return result


@bp.orchestration_trigger(context_name="context")
def flaky_child(context: df.DurableOrchestrationContext):
    result = yield context.call_activity("fail_twice", context.get_input())
    return result


@bp.orchestration_trigger(context_name="context")
def with_retry(context: df.DurableOrchestrationContext):
    retry = df.RetryOptions(first_retry_interval_in_milliseconds=50, max_number_of_attempts=3)
    result = yield context.call_activity_with_retry("fail_twice", retry, context.instance_id)
    return result


@bp.orchestration_trigger(context_name="context")
def gives_up(context: df.DurableOrchestrationContext):
    retry = df.RetryOptions(first_retry_interval_in_milliseconds=20, max_number_of_attempts=2)
    yield context.call_activity_with_retry("always_fail", retry, "x")


@bp.orchestration_trigger(context_name="context")
def catches(context: df.DurableOrchestrationContext):
    try:
        yield context.call_activity("always_fail", "x")
    except Exception as error:
        return str(error).partition("\n")[0]


@bp.activity_trigger(input_name="key")
def fail_twice(key: str) -> str:
    failures[key] = failures.get(key, 0) + 1
    if failures[key] < 3:
        raise ValueError(f"failure {failures[key]}")
    return f"worked at attempt {failures[key]}"


@bp.activity_trigger(input_name="key")
def always_fail(key: str) -> str:
    raise ValueError("no luck today")


@bp.orchestration_trigger(context_name="context")
def fails_until_mended(context: df.DurableOrchestrationContext):
    result = yield context.call_activity("fail_once", context.instance_id)
    return result


@bp.orchestration_trigger(context_name="context")
def parent_of_failing(context: df.DurableOrchestrationContext):
    before = yield context.call_activity("double", 4)
    result = yield context.call_sub_orchestrator("fails_until_mended")
    return [before, result]


@bp.activity_trigger(input_name="key")
def fail_once(key: str) -> str:
    failures[key] = failures.get(key, 0) + 1
    if failures[key] < 2:
        raise ValueError("not yet")
    return "mended"
