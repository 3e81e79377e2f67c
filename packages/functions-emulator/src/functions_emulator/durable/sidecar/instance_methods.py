"""The methods that change orchestrations.

Source: durable-extension TaskHubGrpcServer.cs.
"""

from __future__ import annotations

import json
from typing import Any

from durabletask.internal import orchestrator_service_pb2 as pb
from google.protobuf.empty_pb2 import Empty
from google.protobuf.wrappers_pb2 import BoolValue
from grpc import StatusCode

from functions_emulator.durable.client import Client
from functions_emulator.durable.errors import BadArgument, Conflict, NotAllowed
from functions_emulator.durable.protobuf.values import moment, text
from functions_emulator.durable.sidecar.instance_queries import known, running
from functions_emulator.durable.sidecar.service import Refused, Unary
from functions_emulator.durable.sidecar.states import instances


class InstanceMethods:
    """Start, tell and delete orchestrations.

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
            "RaiseEvent": self._raise_event,
            "TerminateInstance": self._terminate,
            "SuspendInstance": self._suspend,
            "ResumeInstance": self._resume,
            "RewindInstance": self._rewind,
            "RestartInstance": self._restart,
            "PurgeInstances": self._purge,
        }

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

    async def _raise_event(self, request: pb.RaiseEventRequest) -> pb.RaiseEventResponse:
        if not request.name:
            raise Refused(StatusCode.INVALID_ARGUMENT, "The event has no name.")
        try:
            running(self._client, request.instanceId, "send an event to")
        except Refused as refused:
            vanishes = refused.code in (StatusCode.NOT_FOUND, StatusCode.FAILED_PRECONDITION)
            if self._silent and vanishes:
                return pb.RaiseEventResponse()
            raise
        data = text(request, "input")
        await self._client.raise_event(request.instanceId, request.name, data)
        return pb.RaiseEventResponse()

    async def _terminate(self, request: pb.TerminateRequest) -> pb.TerminateResponse:
        status = running(self._client, request.instanceId, "terminate")
        await self._client.terminate(status, _value(text(request, "output")))
        return pb.TerminateResponse()

    async def _suspend(self, request: pb.SuspendRequest) -> pb.SuspendResponse:
        status = running(self._client, request.instanceId, "suspend")
        await _allowed(self._client.suspend(status, text(request, "reason")))
        return pb.SuspendResponse()

    async def _resume(self, request: pb.ResumeRequest) -> pb.ResumeResponse:
        status = running(self._client, request.instanceId, "resume")
        await _allowed(self._client.resume(status, text(request, "reason")))
        return pb.ResumeResponse()

    async def _rewind(self, request: pb.RewindInstanceRequest) -> pb.RewindInstanceResponse:
        status = known(self._client, request.instanceId, "rewind")
        await _allowed(self._client.rewind(status, text(request, "reason")))
        return pb.RewindInstanceResponse()

    async def _restart(self, request: pb.RestartInstanceRequest) -> pb.RestartInstanceResponse:
        known(self._client, request.instanceId, "restart")
        try:
            instance_id = await self._client.restart(
                request.instanceId, request.restartWithNewInstanceId, any_name=True
            )
        except Conflict as error:
            raise Refused(StatusCode.FAILED_PRECONDITION, str(error)) from error
        return pb.RestartInstanceResponse(instanceId=instance_id)

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
