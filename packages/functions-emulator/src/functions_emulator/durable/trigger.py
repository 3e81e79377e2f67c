"""What the orchestrator trigger hands to the SDK."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from itertools import chain

from functions_emulator.durable.events import EventType, Recorded, make, record
from functions_emulator.durable.instance import Instance
from functions_emulator.durable.known import HTTP_SLEEP_MILLISECONDS

# ext:OrchestrationTriggerAttributeBindingProvider.cs, OrchestrationContextToString.
_TRIGGER_TAIL = (
    ',"upperSchemaVersion":1,"upperSchemaVersionNew":2,'
    '"longRunningTimerIntervalDuration":"3.00:00:00","maximumShortTimerDuration":"6.00:00:00",'
    '"defaultHttpAsyncRequestSleepTimeMillseconds":'
)


def new_events(messages: Sequence[Recorded], now: datetime) -> list[Recorded]:
    """Put the start of a turn before the events it processes."""
    return [record(make(EventType.ORCHESTRATOR_STARTED, now)), *messages]


def trigger_body(
    instance: Instance,
    new: Sequence[Recorded],
    http_sleep_milliseconds: int = HTTP_SLEEP_MILLISECONDS,
) -> str:
    """Write the JSON text that the orchestrator trigger hands to the SDK."""
    status = instance.status
    texts = chain([event.played for event in instance.history], [event.new for event in new])
    parent = instance.parent.instance_id if instance.parent else None
    return (
        f'{{"history":[{",".join(texts)}],"input":{status.input or "null"},'
        f'"instanceId":{json.dumps(status.instance_id)},'
        f'"isReplaying":{"true" if instance.history else "false"},'
        f'"parentInstanceId":{json.dumps(parent)}{_TRIGGER_TAIL}{http_sleep_milliseconds}}}'
    )
