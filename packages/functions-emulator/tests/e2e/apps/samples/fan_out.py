import logging

import azure.durable_functions as df

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def fan_out(context: df.DurableOrchestrationContext):
    batch = yield context.call_activity("list_work", context.get_input())
    tasks = [context.call_activity("square", number) for number in batch]
    results = yield context.task_all(tasks)
    return sum(results or [])  # task_all of nothing gives None


@bp.function_name("list_work")
@bp.activity_trigger(input_name="count")
def make_list(count: int) -> list:
    return list(range(int(count)))


@bp.activity_trigger(input_name="number")
async def square(number: int) -> int:
    logging.info("squaring %s", number)
    return number * number
