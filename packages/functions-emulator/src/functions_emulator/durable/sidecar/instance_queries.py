"""The methods that tell how orchestrations stand.

Source: durable-extension TaskHubGrpcServer.cs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from durabletask.internal import orchestrator_service_pb2 as pb
from grpc import StatusCode

from functions_emulator.durable.client import Client
from functions_emulator.durable.continuation import behind, token
from functions_emulator.durable.entities.ids import is_entity
from functions_emulator.durable.errors import BadArgument
from functions_emulator.durable.instance import PENDING, Status
from functions_emulator.durable.protobuf.history import history_event
from functions_emulator.durable.protobuf.values import string, text
from functions_emulator.durable.sidecar.service import Refused, Stream, Unary
from functions_emulator.durable.sidecar.states import instances, orchestration_state

_PAGE_SIZE = 100
_CHUNK_BYTES = 1024 * 1024
_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 0.25


class InstanceQueries:
    """Show, list and wait for orchestrations."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def unary(self) -> dict[str, Unary]:
        """Give the methods with one answer, by their names."""
        return {
            "GetInstance": self._get,
            "WaitForInstanceStart": self._wait_for_start,
            "WaitForInstanceCompletion": self._wait_for_end,
            "QueryInstances": self._query,
        }

    def streams(self) -> dict[str, Stream]:
        """Give the methods with many answers, by their names."""
        return {"StreamInstanceHistory": self._history}

    async def _get(self, request: pb.GetInstanceRequest) -> pb.GetInstanceResponse:
        return _found(self._client.get(request.instanceId), request.getInputsAndOutputs)

    async def _wait_for_start(self, request: pb.GetInstanceRequest) -> pb.GetInstanceResponse:
        return await self._wait(request, lambda status: status.runtime_status != PENDING)

    async def _wait_for_end(self, request: pb.GetInstanceRequest) -> pb.GetInstanceResponse:
        return await self._wait(request, lambda status: status.ended)

    async def _wait(
        self, request: pb.GetInstanceRequest, reached: Callable[[Status], bool]
    ) -> pb.GetInstanceResponse:
        # The caller's deadline ends it; who waits for an unknown one waits for its start.
        pause = _FIRST_PAUSE
        while (status := self._client.get(request.instanceId)) is None or not reached(status):
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        return _found(status, request.getInputsAndOutputs)

    async def _query(self, request: pb.QueryInstancesRequest) -> pb.QueryInstancesResponse:
        query = request.query
        try:
            after = behind(text(query, "continuationToken") or "")
        except BadArgument as error:
            raise Refused(StatusCode.INVALID_ARGUMENT, str(error)) from error
        wanted = instances(query, text(query, "instanceIdPrefix"))
        size = query.maxInstanceCount if query.maxInstanceCount > 0 else _PAGE_SIZE
        found, next_id = self._client.page(wanted, after, size)
        with_payloads = query.fetchInputsAndOutputs
        return pb.QueryInstancesResponse(
            orchestrationState=[orchestration_state(each, with_payloads) for each in found],
            continuationToken=string(token(next_id) or None),
        )

    async def _history(
        self, request: pb.StreamInstanceHistoryRequest
    ) -> AsyncIterator[pb.HistoryChunk]:
        known(self._client, request.instanceId, "show the history of")
        events: list[pb.HistoryEvent] = []
        size = 0
        for recorded in self._client.history(request.instanceId):
            event = history_event(recorded.event)
            length = event.ByteSize()
            if events and size + length > _CHUNK_BYTES:
                yield pb.HistoryChunk(events=events)
                events, size = [], 0
            events.append(event)
            size += length
        yield pb.HistoryChunk(events=events)


def known(client: Client, instance_id: str, verb: str) -> Status:
    """Find an orchestration; Refused if there is none."""
    if is_entity(instance_id):
        raise Refused(
            StatusCode.INVALID_ARGUMENT,
            f"{instance_id} is an entity; one cannot {verb} it. Send it an operation.",
        )
    status = client.get(instance_id)
    if status is None:
        raise Refused(StatusCode.NOT_FOUND, f"No instance with ID '{instance_id}' was found.")
    return status


def running(client: Client, instance_id: str, verb: str) -> Status:
    """Find an orchestration that has not ended; Refused if there is none."""
    status = known(client, instance_id, verb)
    if status.ended:
        raise Refused(
            StatusCode.FAILED_PRECONDITION,
            f"Cannot {verb} the orchestration instance {instance_id} because it is in the "
            f"{status.runtime_status} state.",
        )
    return status


def _found(status: Status | None, with_payloads: bool) -> pb.GetInstanceResponse:
    if status is None or is_entity(status.instance_id):
        return pb.GetInstanceResponse(exists=False)
    state = orchestration_state(status, with_payloads)
    return pb.GetInstanceResponse(exists=True, orchestrationState=state)
