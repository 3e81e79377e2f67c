"""Orchestrators that call HTTP APIs through the host."""

from datetime import timedelta

import azure.durable_functions as df

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def fetch(context: df.DurableOrchestrationContext):
    given = context.get_input()
    method = given.get("method", "GET")
    content, headers = given.get("content"), given.get("headers")
    try:
        answer = yield context.call_http(method, given["url"], content, headers)
        return answer
    except Exception as error:
        return {"error": str(error)}


@bp.orchestration_trigger(context_name="context")
def fetch_and_wait(context: df.DurableOrchestrationContext):
    """Follow an answer 202 until it is another, as SDK 1.x leaves it to the app."""
    answer = yield context.call_http("GET", context.get_input()["url"])
    while answer["statusCode"] == 202:
        pause = timedelta(seconds=int(answer["headers"]["Retry-After"]))
        yield context.create_timer(context.current_utc_datetime + pause)
        answer = yield context.call_http("GET", answer["headers"]["Location"])
    return answer


@bp.orchestration_trigger(context_name="context")
def fetch_with_an_identity(context: df.DurableOrchestrationContext):
    source = df.ManagedIdentityTokenSource("https://management.core.windows.net")
    answer = yield context.call_http("GET", context.get_input()["url"], token_source=source)
    return answer
