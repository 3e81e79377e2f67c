"""An orchestration instance as the engine keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from functions_emulator.durable.events import Recorded

PENDING = "Pending"
RUNNING = "Running"
SUSPENDED = "Suspended"
COMPLETED = "Completed"
FAILED = "Failed"
TERMINATED = "Terminated"

# An instance in one of these has ended; Canceled exists on the wire, but nothing makes it.
ENDED = frozenset({COMPLETED, FAILED, TERMINATED, "Canceled"})
RUNTIME_STATUSES = frozenset({PENDING, RUNNING, SUSPENDED, "ContinuedAsNew"}) | ENDED


@dataclass(frozen=True)
class Parent:
    """Name the orchestration that waits for this one, and its task."""

    instance_id: str
    execution_id: str
    task_id: int

    @classmethod
    def of(cls, event: dict[str, Any] | None) -> Parent | None:
        """Read the ParentInstance of an ExecutionStarted event."""
        if event is None:
            return None
        instance = event["OrchestrationInstance"]
        return cls(instance["InstanceId"], instance["ExecutionId"], event["TaskScheduleId"])

    def to_event(self, name: str) -> dict[str, Any]:
        """Write the ParentInstance of an ExecutionStarted event."""
        return {
            "Name": name,
            "OrchestrationInstance": {
                "InstanceId": self.instance_id,
                "ExecutionId": self.execution_id,
            },
            "TaskScheduleId": self.task_id,
            "Version": "",
        }


@dataclass
class Status:
    """Hold what a status query shows; `input`, `output` and `custom_status` are JSON text."""

    instance_id: str
    execution_id: str
    name: str
    version: str | None
    input: str | None
    output: str | None
    custom_status: str | None
    runtime_status: str
    created: str
    updated: str

    @property
    def ended(self) -> bool:
        """Tell whether nothing more will happen to it."""
        return self.runtime_status in ENDED


@dataclass
class Instance:
    """Hold a live instance: its status and the history of its current execution.

    `purged` is set when it is deleted in the middle of a turn. `lingers`: its orchestrator has
    returned and left something open, which has been logged. `written` is what the SDK's protocol
    keeps of the history, to write each event once.
    """

    status: Status
    history: list[Recorded] = field(default_factory=list)
    parent: Parent | None = None
    purged: bool = False
    lingers: bool = False
    written: Any = None


@dataclass(frozen=True)
class Message:
    """Hold an event on its way to an instance.

    `execution_id` is set for answers to what one execution scheduled: they mean nothing to a
    later execution. `due` is in seconds since 1970 on the orchestration clock; None: at once.
    """

    id: int
    instance_id: str
    event: Recorded
    execution_id: str | None = None
    due: float | None = None


@dataclass(frozen=True)
class WorkItem:
    """Hold an activity that is to be run; `input` is JSON text."""

    id: int
    instance_id: str
    execution_id: str
    task_id: int
    name: str
    input: str | None
