"""How instances and entities stand, as protobuf messages."""

from __future__ import annotations

import json
from collections.abc import Iterable

from durabletask.internal import orchestrator_service_pb2 as pb

from functions_emulator.durable.entities.state import EntityState
from functions_emulator.durable.instance import FAILED, Status
from functions_emulator.durable.protobuf.values import moment, string, timestamp
from functions_emulator.durable.reading import Query

_STATUSES = {
    "Running": pb.ORCHESTRATION_STATUS_RUNNING,
    "Completed": pb.ORCHESTRATION_STATUS_COMPLETED,
    "ContinuedAsNew": pb.ORCHESTRATION_STATUS_CONTINUED_AS_NEW,
    "Failed": pb.ORCHESTRATION_STATUS_FAILED,
    "Canceled": pb.ORCHESTRATION_STATUS_CANCELED,
    "Terminated": pb.ORCHESTRATION_STATUS_TERMINATED,
    "Pending": pb.ORCHESTRATION_STATUS_PENDING,
    "Suspended": pb.ORCHESTRATION_STATUS_SUSPENDED,
}
_NAMES: dict[int, str] = {number: name for name, number in _STATUSES.items()}


def orchestration_state(status: Status, with_payloads: bool) -> pb.OrchestrationState:
    """Write how an instance stands; its failure is in the output, as Azure Storage keeps it."""
    state = pb.OrchestrationState(
        instanceId=status.instance_id,
        name=status.name,
        version=string(status.version),
        orchestrationStatus=_STATUSES[status.runtime_status],
        createdTimestamp=timestamp(status.created),
        lastUpdatedTimestamp=timestamp(status.updated),
    )
    if with_payloads:
        for field, text in (
            ("input", status.input),
            ("output", _output(status)),
            ("customStatus", status.custom_status),
        ):
            if text is not None:
                getattr(state, field).value = text
    return state


def _output(status: Status) -> str | None:
    if status.runtime_status != FAILED or status.output is None:
        return status.output
    # A reason is text, not JSON: durabletask AzureTableTrackingStore.cs, FailureDetails.ToString().
    return str(json.loads(status.output))


def statuses(numbers: Iterable[int]) -> tuple[str, ...]:
    """Read a filter of runtime statuses."""
    return tuple(_NAMES[number] for number in numbers if number in _NAMES)


def instances(query: pb.InstanceQuery | pb.PurgeInstanceFilter, prefix: str | None = None) -> Query:
    """Read which orchestrations are wanted."""
    return Query(
        statuses=statuses(query.runtimeStatus),
        created_from=moment(query, "createdTimeFrom"),
        created_to=moment(query, "createdTimeTo"),
        prefix=prefix,
        without_entities=True,
    )


def entity_metadata(status: Status, with_state: bool) -> pb.EntityMetadata:
    """Write what is known of an entity."""
    state = EntityState.of(status)
    return pb.EntityMetadata(
        instanceId=status.instance_id,
        lastModifiedTime=timestamp(status.created),
        backlogQueueSize=len(state.queue),
        lockedBy=string(state.locked_by),
        serializedState=string(state.state) if with_state else None,
    )
