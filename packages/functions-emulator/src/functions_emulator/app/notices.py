"""What functions ask for in their decorators and do not get, here or on the host."""

from collections.abc import Iterable, Iterator

from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.app.retry import RETRIED_TRIGGERS

_RETRY = (
    "@app.retry is not honoured: the host tries timer, Event Hubs, Kafka and Cosmos DB functions "
    "again and no others"
)
_INSTEAD = {
    "queueTrigger": "; a queue message is tried again as extensions.queues.maxDequeueCount of "
    "host.json says",
    "activityTrigger": "; an orchestrator tries an activity again with call_activity_with_retry",
    "orchestrationTrigger": "; a parent tries it again with call_sub_orchestrator_with_retry",
}
_PROPERTIES = {
    ("timerTrigger", "useMonitor"): "runs missed while the emulator was stopped are not made up",
    ("durableClient", "taskHub"): "there is one task hub, that of host.json",
    ("durableClient", "connectionName"): "there is one task hub, that of host.json",
}


def function_notices(functions: Iterable[FunctionDefinition]) -> tuple[str, ...]:
    """Name everything in the functions' decorators that is not honoured."""
    return tuple(
        f"Function {function.name}: {text}." for function in functions for text in _texts(function)
    )


def _texts(function: FunctionDefinition) -> Iterator[str]:
    if function.retry is not None and function.trigger.type not in RETRIED_TRIGGERS:
        yield _RETRY + _INSTEAD.get(function.trigger.type, "")
    for binding in (function.trigger, *function.bindings):
        for (binding_type, name), why in _PROPERTIES.items():
            if binding.type == binding_type and binding.properties.get(name):
                yield f"{name} of {binding.name!r} is not honoured: {why}"
