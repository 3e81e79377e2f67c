"""The methods for orchestrations.

Source: durable-extension TaskHubGrpcServer.cs.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from durabletask.internal import orchestrator_service_pb2 as pb
from google.protobuf.empty_pb2 import Empty
from google.protobuf.wrappers_pb2 import BoolValue
from grpc import StatusCode

from functions_emulator.durable.client import Client
from functions_emulator.durable.continuation import behind, token
from functions_emulator.durable.entities.ids import is_entity
from functions_emulator.durable.errors import BadArgument, Conflict, NotAllowed
from functions_emulator.durable.instance import PENDING, Status
from functions_emulator.durable.protobuf.history import history_event
from functions_emulator.durable.protobuf.values import moment, string, text
from functions_emulator.durable.sidecar.service import Refused, Stream, Unary
from functions_emulator.durable.sidecar.states import instances, orchestration_state

_PAGE_SIZE = 100
_CHUNK_BYTES = 1024 * 1024
_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 0.25


class InstanceMethods:
    """Start, tell, query and delete orchestrations.

    `silent` has events for instances that are unknown or have ended vanish: host.json's
    `throwStatusExceptionsOnRaiseEvent` set to false.
    """

    def __init__(self, client: Client, silent: bool) -> None:
        self._client = client
        self._silent = silent

    def unary(self) -> dict[str, Unary]:
        """Give the methods with one answer, by their names."""
        return {
            "Hello": self._hello,
            "StartInstance": self._start,
            "GetInstance": self._get,
            "WaitForInstanceStart": self._wait_for_start,
            "WaitForInstanceCompletion": self._wait_for_end,
            "RaiseEvent": self._raise_event,
            "TerminateInstance": self._terminate,
            "SuspendInstance": self._suspend,
            "ResumeInstance": self._resume,
            "RewindInstance": self._rewind,
            "RestartInstance": self._restart,
            "QueryInstances": self._query,
            "PurgeInstances": self._purge,
        }

    def streams(self) -> dict[str, Stream]:
        """Give the methods with many answers, by their names."""
        return {"StreamInstanceHistory": self._history}

    async def _hello(self, request: Empty) -> Empty:
        return request

    async def _start(self, request: pb.CreateInstanceRequest) -> pb.CreateInstanceResponse:
        try:
            instance_id = await self._client.start(
                request.name,
                request.instanceId or None,
                text(request, "input"),
                text(request, "version"),
                due=moment(request, "scheduledStartTimestamp"),
                any_name=True,  # an unknown orchestrator fails its instance
            )
        except Conflict as error:
            raise Refused(StatusCode.ALREADY_EXISTS, str(error)) from error
        except BadArgument as error:
            raise Refused(
                StatusCode.INTERNAL,
                f"Failed to start instance with ID {request.instanceId}.\n"
                f"Inner Exception message: {error}.",
            ) from error
        return pb.CreateInstanceResponse(instanceId=instance_id)

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

    async def _raise_event(self, request: pb.RaiseEventRequest) -> pb.RaiseEventResponse:
        if not request.name:
            raise Refused(StatusCode.INVALID_ARGUMENT, "The event has no name.")
        try:
            self._running(request.instanceId, "send an event to")
        except Refused as refused:
            vanishes = refused.code in (StatusCode.NOT_FOUND, StatusCode.FAILED_PRECONDITION)
            if self._silent and vanishes:
                return pb.RaiseEventResponse()
            raise
        data = text(request, "input")
        await self._client.raise_event(request.instanceId, request.name, data)
        return pb.RaiseEventResponse()

    async def _terminate(self, request: pb.TerminateRequest) -> pb.TerminateResponse:
        status = self._running(request.instanceId, "terminate")
        await self._client.terminate(status, _value(text(request, "output")))
        return pb.TerminateResponse()

    async def _suspend(self, request: pb.SuspendRequest) -> pb.SuspendResponse:
        status = self._running(request.instanceId, "suspend")
        await _allowed(self._client.suspend(status, text(request, "reason")))
        return pb.SuspendResponse()

    async def _resume(self, request: pb.ResumeRequest) -> pb.ResumeResponse:
        status = self._running(request.instanceId, "resume")
        await _allowed(self._client.resume(status, text(request, "reason")))
        return pb.ResumeResponse()

    async def _rewind(self, request: pb.RewindInstanceRequest) -> pb.RewindInstanceResponse:
        status = self._known(request.instanceId, "rewind")
        await _allowed(self._client.rewind(status, text(request, "reason")))
        return pb.RewindInstanceResponse()

    async def _restart(self, request: pb.RestartInstanceRequest) -> pb.RestartInstanceResponse:
        self._known(request.instanceId, "restart")
        try:
            instance_id = await self._client.restart(
                request.instanceId, request.restartWithNewInstanceId, any_name=True
            )
        except Conflict as error:
            raise Refused(StatusCode.FAILED_PRECONDITION, str(error)) from error
        return pb.RestartInstanceResponse(instanceId=instance_id)

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

    async def _purge(self, request: pb.PurgeInstancesRequest) -> pb.PurgeInstancesResponse:
        kind = request.WhichOneof("request")
        if kind == "instanceId":
            count = await self._client.purge(request.instanceId)
        elif kind == "purgeInstanceFilter":
            count = await self._client.purge_many(instances(request.purgeInstanceFilter))
        else:
            raise Refused(StatusCode.INVALID_ARGUMENT, f"Unknown purge request type '{kind}'.")
        return pb.PurgeInstancesResponse(
            deletedInstanceCount=count, isComplete=BoolValue(value=True)
        )

    async def _history(
        self, request: pb.StreamInstanceHistoryRequest
    ) -> AsyncIterator[pb.HistoryChunk]:
        self._known(request.instanceId, "show the history of")
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

    def _known(self, instance_id: str, verb: str) -> Status:
        if is_entity(instance_id):
            raise Refused(
                StatusCode.INVALID_ARGUMENT,
                f"{instance_id} is an entity; one cannot {verb} it. Send it an operation.",
            )
        status = self._client.get(instance_id)
        if status is None:
            raise Refused(StatusCode.NOT_FOUND, f"No instance with ID '{instance_id}' was found.")
        return status

    def _running(self, instance_id: str, verb: str) -> Status:
        status = self._known(instance_id, verb)
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


async def _allowed(work: Any) -> None:
    try:
        await work
    except NotAllowed as error:
        raise Refused(StatusCode.FAILED_PRECONDITION, str(error)) from error


def _value(json_text: str | None) -> Any:
    try:
        return None if json_text is None else json.loads(json_text)
    except ValueError:
        return json_text
