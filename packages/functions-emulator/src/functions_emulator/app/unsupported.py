"""Bindings that have no extension here, each with what to do instead."""

import sys
from collections.abc import Sequence
from typing import Any

from functions_emulator.app.functions import Binding

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


def _local(service: str) -> str:
    return f"run it with `func start` and {service}"


def _package(name: str) -> str:
    return f"call the service through its SDK ({name}) inside the function, or use `func start`"


_INSTEAD = {
    "blobTrigger": _local("Azurite"),
    "serviceBusTrigger": _local("the Service Bus emulator or a namespace"),
    "eventHubTrigger": _local("the Event Hubs emulator or a namespace"),
    "cosmosDBTrigger": _local("the Cosmos DB emulator or an account"),
    "kafkaTrigger": _local("a Kafka broker"),
    "sqlTrigger": _local("a SQL Server"),
    "mysqlTrigger": _local("a MySQL server"),
    "eventGridTrigger": "give its code an HTTP function too and post events to that, or use "
    "`func start`",
    "warmupTrigger": "only the platform warms instances up, so nothing is missing here",
    "blob": _package("azure-storage-blob"),
    "table": _package("azure-data-tables"),
    "cosmosDB": _package("azure-cosmos"),
    "serviceBus": _package("azure-servicebus"),
    "eventHub": _package("azure-eventhub"),
    "eventGrid": _package("azure-eventgrid"),
    "kafka": _package("confluent-kafka"),
    "sendGrid": _package("sendgrid"),
    "sql": _package("pyodbc, for instance"),
    "mysql": _package("mysql-connector-python, for instance"),
}
_ANY_TRIGGER = "use `func start`, whose extension bundle may have it"
_ANY_OTHER = "call the service through its own SDK inside the function, or use `func start`"


_HTTP_STREAMS = "azurefunctions.extensions.base"


def problems_of(bindings: Sequence[Binding]) -> tuple[str, ...]:
    """Name what a function's bindings want and the emulator cannot serve, each with what to do."""
    problems = [
        f"the emulator has no {binding.type} {binding.name!r}; {_instead(binding)}"
        for binding in bindings
        if binding.type not in SUPPORTED or binding.direction not in ("in", "out")
    ]
    for binding in bindings:
        queue_name = str(binding.properties.get("queueName", ""))
        if binding.type == "queue" and "{" in queue_name:
            problems.append(
                f"the emulator has no binding expressions, as in queue {queue_name!r}; name the "
                "queue, use %SETTING%, or use `func start`"
            )
        if binding.type == "httpTrigger" and _streams_http():
            problems.append(
                "the emulator has no HTTP streams; take func.HttpRequest instead of what "
                "azurefunctions.extensions.http has, and do not import that, or use `func start`"
            )
    return tuple(problems)


def _streams_http() -> bool:
    """Tell whether the app has switched HTTP functions to streams, all at once (http_v2.py)."""
    base: Any = sys.modules.get(_HTTP_STREAMS)
    checker = getattr(base, "HttpV2FeatureChecker", None)
    return checker is not None and bool(checker.http_v2_enabled())


def _instead(binding: Binding) -> str:
    default = _ANY_TRIGGER if binding.type.lower().endswith("trigger") else _ANY_OTHER
    return _INSTEAD.get(binding.type, default)
