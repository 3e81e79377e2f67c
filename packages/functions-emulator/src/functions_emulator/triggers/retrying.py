"""Try a failed run again as the function's retry policy says (FunctionExecutorExtensions.cs)."""

import asyncio
import logging

from azure.functions.meta import Datum

from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.app.retry import RetryPolicy
from functions_emulator.failures import FunctionError, failure_text
from functions_emulator.triggers.invocation import Invoker, Outcome
from functions_emulator.worker.ids import invocation_id as new_id
from functions_emulator.worker.origin import LastError, Origin


async def invoke_retrying(
    invoker: Invoker, function: FunctionDefinition, trigger: Datum, reason: str
) -> Outcome:
    """Run a function until it succeeds or its policy gives up; every try has the same id."""
    policy = function.retry
    if policy is None:
        return await invoker.invoke(function, trigger, {}, reason)
    log = logging.getLogger(f"Function.{function.name}")
    invocation_id, delays = new_id(), policy.delays()
    tries, error = 0, None
    while True:
        outcome = await invoker.invoke(
            function,
            trigger,
            {},
            reason,
            origin=_origin(policy, tries, error),
            invocation_id=invocation_id,
        )
        error = outcome.error
        if error is None:
            return outcome
        if tries == policy.max_retry_count:
            log.error("Function execution failed after '%d' retries.", tries)
            return outcome
        tries += 1
        delay = next(delays)
        log.info(
            "Waiting for %.3g s before retrying function execution. Next attempt: '%d'. "
            "Max retry count: '%d'.",
            delay,
            tries,
            policy.max_retry_count,
        )
        await asyncio.sleep(delay)


def _origin(policy: RetryPolicy, tries: int, error: BaseException | None) -> Origin:
    last = None
    if error is not None:
        name = error.type_name if isinstance(error, FunctionError) else type(error).__name__
        message = f"Result: Failure\nException: {name}: {error}"
        last = LastError(message, failure_text(error))
    return Origin(retry_count=tries, max_retry_count=policy.max_retry_count, last_error=last)
