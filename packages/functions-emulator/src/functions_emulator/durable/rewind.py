"""Rewind a failed orchestration: its failures are blotted out and what failed runs again.

Source: durabletask AzureTableTrackingStore.cs, RewindHistoryAsync.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field

from functions_emulator.durable import reading
from functions_emulator.durable.events import Event, EventType, Recorded, record
from functions_emulator.durable.instance import FAILED, Instance


@dataclass
class Rewound:
    """Hold the instances with their new histories, and the ids of those to be woken."""

    instances: list[Instance] = field(default_factory=list)
    leaves: list[str] = field(default_factory=list)


def rewind(connection: sqlite3.Connection, instance_id: str) -> Rewound:
    """Blot out the failures of an instance and of the sub-orchestrations that made it fail."""
    rewound = Rewound()
    _rewind(connection, instance_id, rewound)
    return rewound


def _rewind(connection: sqlite3.Connection, instance_id: str, rewound: Rewound) -> None:
    instance = reading.instance(connection, instance_id)
    if instance is None or instance.status.runtime_status != FAILED:
        return
    events = [recorded.event for recorded in instance.history]
    failed_tasks = _failed(events, EventType.TASK_FAILED)
    failed_children = _failed(events, EventType.SUB_ORCHESTRATION_FAILED)
    children = [
        event["InstanceId"]
        for event in events
        if event["EventType"] == EventType.SUB_ORCHESTRATION_CREATED
        and event["EventId"] in failed_children
    ]
    instance.history = [_blotted(recorded, failed_tasks) for recorded in instance.history]
    rewound.instances.append(instance)
    for child in children:
        _rewind(connection, child, rewound)
    if not children:
        rewound.leaves.append(instance_id)


def _failed(events: list[Event], kind: EventType) -> set[int]:
    return {event["TaskScheduledId"] for event in events if event["EventType"] == kind}


def _blotted(recorded: Recorded, failed_tasks: set[int]) -> Recorded:
    event = recorded.event
    kind = event["EventType"]
    if (
        kind in (EventType.TASK_FAILED, EventType.SUB_ORCHESTRATION_FAILED)
        or (kind == EventType.TASK_SCHEDULED and event["EventId"] in failed_tasks)
        or (kind == EventType.EXECUTION_COMPLETED and event["OrchestrationStatus"] == FAILED)
    ):
        blotted = {
            **event,
            "EventType": int(EventType.GENERIC_EVENT),
            "Reason": f"Rewound: {EventType(kind).name}",
        }
        return record(blotted)
    return recorded
