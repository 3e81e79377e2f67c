"""Bindings that the emulator refuses, each with what to use instead."""

from collections.abc import Iterable

from functions_emulator.app.functions import Binding, FunctionDefinition
from functions_emulator.errors import AppError

SUPPORTED = frozenset(
    {
        "httpTrigger",
        "queueTrigger",
        "timerTrigger",
        "orchestrationTrigger",
        "activityTrigger",
        "entityTrigger",
        "durableClient",
        "http",
        "queue",
    }
)
_SDK = "call the service through its SDK inside the function, or use `func start`"
_QUEUE = "use a queue trigger and put a message on the queue, or use `func start`"
_INSTEAD = {
    "blob": _SDK,
    "table": _SDK,
    "cosmosDB": _SDK,
    "sendGrid": _SDK,
    "serviceBus": _SDK,
    "eventHub": _SDK,
    "eventGrid": _SDK,
    "sql": _SDK,
}


def refuse_unsupported(functions: Iterable[FunctionDefinition]) -> None:
    """Raise AppError that names each binding the emulator cannot serve and what to do."""
    refused = [
        f"{function.name}: {binding.type}; {_instead(binding)}"
        for function in functions
        for binding in (function.trigger, *function.bindings)
        if binding.type not in SUPPORTED
    ]
    if refused:
        raise AppError("the emulator does not support " + " | ".join(refused) + ".")
    for function in functions:
        _refuse_expressions(function)


def _instead(binding: Binding) -> str:
    default = _QUEUE if binding.type.lower().endswith("trigger") else _SDK
    return _INSTEAD.get(binding.type, default)


def _refuse_expressions(function: FunctionDefinition) -> None:
    for binding in function.bindings:
        queue_name = str(binding.properties.get("queueName", ""))
        if binding.type == "queue" and "{" in queue_name:
            raise AppError(
                f"the emulator does not support binding expressions: {function.name} writes to "
                f"queue {queue_name!r}; name the queue, use %SETTING%, or use `func start`."
            )
