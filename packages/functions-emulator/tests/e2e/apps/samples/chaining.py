import azure.durable_functions as df

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def hello_cities(context: df.DurableOrchestrationContext):
    first = yield context.call_activity("say_hello", "Tokyo")
    second = yield context.call_activity(say_hello, "Seattle")
    third = yield context.call_activity("SAY_HELLO", {"name": "London"})
    return [first, second, third]


@bp.activity_trigger(input_name="city")
def say_hello(city) -> str:
    return f"Hello {city['name'] if isinstance(city, dict) else city}!"
