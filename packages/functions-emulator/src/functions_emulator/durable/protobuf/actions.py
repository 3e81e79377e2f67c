"""What an orchestrator asks for, read out of the actions it answers with.

SDK 2.x replays the history itself and answers with what is new alone.
Source: durable-extension ProtobufUtils.cs, ToOrchestratorAction.
"""

from __future__ import annotations

from datetime import timezone

from durabletask.internal import orchestrator_service_pb2 as pb

from functions_emulator.durable.answer import BadAnswer
from functions_emulator.durable.clock import from_text
from functions_emulator.durable.context import Scheduled
from functions_emulator.durable.decision import ContinuedAsNew, Raised, Returned
from functions_emulator.durable.entities.ids import EntityId
from functions_emulator.durable.entities.messages import RELEASE, Request
from functions_emulator.durable.events import Event, EventType, event_raised
from functions_emulator.durable.protobuf.values import failure_details, moment, text, told

ENDING = "completeOrchestration"


def scheduled(action: pb.OrchestratorAction) -> Scheduled:
    """Read an action that schedules something; BadAnswer for one that the extension refuses."""
    kind = action.WhichOneof("orchestratorActionType")
    if kind == "scheduleTask":
        task = action.scheduleTask
        return Scheduled(
            EventType.TASK_SCHEDULED, action.id, task.name, text(task, "input"), as_is=True
        )
    if kind == "createSubOrchestration":
        child = action.createSubOrchestration
        return Scheduled(
            EventType.SUB_ORCHESTRATION_CREATED,
            action.id,
            child.name,
            text(child, "input"),
            child.instanceId or None,
            version=text(child, "version") or "",
            as_is=True,
        )
    if kind == "createTimer":
        due = action.createTimer.fireAt.ToDatetime(tzinfo=timezone.utc)
        return Scheduled(EventType.TIMER_CREATED, action.id, fire_at=due)
    if kind == "sendEvent":
        sent = action.sendEvent
        return Scheduled(
            EventType.EVENT_SENT,
            action.id,
            sent.name,
            text(sent, "data"),
            sent.instance.instanceId,
        )
    if kind == "sendEntityMessage":
        return _to_entity(action.id, action.sendEntityMessage)
    raise BadAnswer(f"Received unsupported action type '{kind}'.")


def _to_entity(id_: int, message: pb.SendEntityMessageAction) -> Scheduled:
    kind = message.WhichOneof("EntityMessageType")
    name = None
    if kind == "entityOperationCalled":
        called = message.entityOperationCalled
        target = called.targetInstanceId.value
        request = Request(
            called.operation,
            called.requestId,
            text(called, "input"),
            parent=text(called, "parentInstanceId"),
            parent_execution=text(called, "parentExecutionId"),
            due=moment(called, "scheduledTime"),
        )
    elif kind == "entityOperationSignaled":
        signaled = message.entityOperationSignaled
        target = signaled.targetInstanceId.value
        request = Request(
            signaled.operation,
            signaled.requestId,
            text(signaled, "input"),
            is_signal=True,
            due=moment(signaled, "scheduledTime"),
        )
    elif kind == "entityLockRequested":
        wanted = message.entityLockRequested
        target = wanted.lockSet[wanted.position]
        request = Request(
            "",
            wanted.criticalSectionId,
            parent=text(wanted, "parentInstanceId"),
            lock_set=tuple(EntityId.parse(each) for each in wanted.lockSet),
            position=wanted.position,
        )
    elif kind == "entityUnlockSent":
        given_back = message.entityUnlockSent
        target, name = given_back.targetInstanceId.value, RELEASE
        request = Request(
            "", given_back.criticalSectionId, parent=given_back.parentInstanceId.value
        )
    else:
        raise BadAnswer(f"Received unsupported entity message '{kind}'.")
    return Scheduled(
        EventType.EVENT_SENT,
        id_,
        name or request.event_name,
        request.to_text(),
        target,
        from_text(request.due) if request.due else None,
    )


def ending(action: pb.CompleteOrchestrationAction) -> Returned | Raised | ContinuedAsNew:
    """Read how an orchestration ends; BadAnswer for a status that no end has."""
    status = action.orchestrationStatus
    if status == pb.ORCHESTRATION_STATUS_COMPLETED:
        return Returned(text(action, "result"))
    if status == pb.ORCHESTRATION_STATUS_FAILED:
        if not action.HasField("failureDetails"):
            return Raised(text(action, "result") or "The orchestration failed without a reason.")
        details = failure_details(action.failureDetails)
        return Raised(told(details), details)
    if status == pb.ORCHESTRATION_STATUS_CONTINUED_AS_NEW:
        kept = [_kept(each) for each in action.carryoverEvents if each.HasField("eventRaised")]
        return ContinuedAsNew(text(action, "result"), kept, text(action, "newVersion"))
    raise BadAnswer(f"The orchestrator answered with the status {status}, which ends nothing.")


def _kept(event: pb.HistoryEvent) -> Event:
    when = event.timestamp.ToDatetime(tzinfo=timezone.utc)
    return event_raised(when, event.eventRaised.name, text(event.eventRaised, "input"))
