"""Run entity functions of azure-functions-durable 2.x.

Source: durable-extension OutOfProcMiddleware.cs, CallEntityAsync.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence

from durabletask.internal import orchestrator_service_pb2 as pb
from google.protobuf.message import DecodeError

from functions_emulator.durable.entities.ids import EntityId
from functions_emulator.durable.entities.messages import Request, signal
from functions_emulator.durable.entities.outcome import BadBatch, Outcome, Result, Start
from functions_emulator.durable.entities.state import EntityState
from functions_emulator.durable.protobuf.values import (
    failure_details,
    moment,
    string,
    text,
)
from functions_emulator.failures import FunctionError

# Runs the entity function of this name on this trigger, for this instance; both are base64.
RunEntity = Callable[[str, str, str], Awaitable[str]]


class ProtobufEntities:
    """Run batches of operations on protobuf messages."""

    def __init__(self, run: RunEntity) -> None:
        self._run = run

    async def operate(
        self, entity: EntityId, state: EntityState, requests: Sequence[Request]
    ) -> Outcome:
        """Run a batch of operations. One that fails as a whole fails each operation."""
        body = trigger_body(entity, state, requests)
        try:
            answer = await self._run(entity.name, body, entity.instance_id)
        except FunctionError as error:
            message = f"Invocation of function '{entity.name}' failed with an exception."
            inner = {"ErrorType": error.type_name, "ErrorMessage": str(error)}
            return _failed(
                state,
                requests,
                {
                    "ErrorType": "FunctionInvocationFailed",
                    "ErrorMessage": message,
                    "InnerFailure": inner,
                    "IsNonRetriable": True,
                },
            )
        return read(answer, entity, state, requests)


def trigger_body(entity: EntityId, state: EntityState, requests: Sequence[Request]) -> str:
    """Write what the entity trigger hands to the SDK."""
    batch = pb.EntityBatchRequest(
        instanceId=entity.instance_id,
        entityState=string(state.state),
        operations=[
            pb.OperationRequest(
                operation=each.operation, requestId=each.id, input=string(each.input)
            )
            for each in requests
        ],
    )
    return base64.b64encode(batch.SerializeToString()).decode()


def read(answer: str, entity: EntityId, state: EntityState, requests: Sequence[Request]) -> Outcome:
    """Read what the SDK answers to a batch; BadBatch if it is no answer to this one."""
    result = pb.EntityBatchResult()
    try:
        result.ParseFromString(base64.b64decode(answer, validate=True))
    except (binascii.Error, DecodeError) as error:
        raise BadBatch(f"it returned no EntityBatchResult ({error}): {answer[:100]}") from error
    if result.HasField("failureDetails"):
        return _failed(state, requests, failure_details(result.failureDetails))
    if len(result.results) < len(requests):
        count = f"{len(result.results)} results for {len(requests)} operations"
        raise BadBatch(f"it returned {count}")
    left = text(result, "entityState")
    sent = [each.sendSignal for each in result.actions if each.HasField("sendSignal")]
    starts = [
        each.startNewOrchestration
        for each in result.actions
        if each.HasField("startNewOrchestration")
    ]
    return Outcome(
        EntityState(left is not None, left),
        [_result(each) for each in result.results[: len(requests)]],
        [_signal(entity, each) for each in sent],
        [_start(each) for each in starts],
    )


def _failed(state: EntityState, requests: Sequence[Request], details: dict[str, object]) -> Outcome:
    return Outcome(state, [Result(None, True, details)] * len(requests))


def _result(read_: pb.OperationResult) -> Result:
    if read_.HasField("failure"):
        return Result(None, True, failure_details(read_.failure.failureDetails))
    return Result(text(read_.success, "result"))


def _signal(source: EntityId, sent: pb.SendSignalAction) -> tuple[EntityId, Request]:
    request = signal(
        sent.name, text(sent, "input"), source.instance_id, moment(sent, "scheduledTime")
    )
    return EntityId.parse(sent.instanceId), request


def _start(read_: pb.StartNewOrchestrationAction) -> Start:
    return Start(
        read_.name,
        read_.instanceId or None,
        text(read_, "input"),
        text(read_, "version"),
        moment(read_, "scheduledTime"),
    )
