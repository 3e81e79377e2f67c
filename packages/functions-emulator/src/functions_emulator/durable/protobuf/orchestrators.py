"""Ask orchestrators as azure-functions-durable 2.x is asked.

Source: durable-extension OutOfProcMiddleware.cs, CallOrchestratorAsync.
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Awaitable, Callable, Sequence

from durabletask.internal import orchestrator_service_pb2 as pb
from google.protobuf.message import DecodeError

from functions_emulator.durable.answer import BadAnswer
from functions_emulator.durable.context import Scheduled
from functions_emulator.durable.decision import ContinuedAsNew, Decision, Raised
from functions_emulator.durable.events import EventType, Recorded
from functions_emulator.durable.instance import SUSPENDED, Instance
from functions_emulator.durable.known import KnownFunctions
from functions_emulator.durable.protobuf.actions import ENDING, ending, scheduled
from functions_emulator.durable.protobuf.request import common_fields, trigger_body
from functions_emulator.durable.protobuf.values import text
from functions_emulator.failures import FunctionError

# As for SDK 1.x, but trigger and answer are base64 of protobuf messages.
RunOrchestrator = Callable[[str, str, str], Awaitable[str]]

# durabletask TaskOrchestrationDispatcher.cs: timers alone die with their execution, and what
# continues as new runs no activities of its past.
_OUTLIVE_END = (
    EventType.TASK_SCHEDULED,
    EventType.SUB_ORCHESTRATION_CREATED,
    EventType.EVENT_SENT,
)
_OUTLIVE_RESTART = (EventType.SUB_ORCHESTRATION_CREATED, EventType.EVENT_SENT)

log = logging.getLogger("functions_emulator.durable")


class ProtobufOrchestrators:
    """Run orchestrators on protobuf messages; the SDK replays, and answers with what is new."""

    def __init__(self, run: RunOrchestrator, known: KnownFunctions) -> None:
        self._run = run
        self._known = known
        self._common = common_fields(known)

    async def decide(self, instance: Instance, new: Sequence[Recorded]) -> Decision:
        """Take an instance through one turn."""
        status = instance.status
        body = trigger_body(instance, new, self._common)
        try:
            answer = await self._run(status.name, body, status.instance_id)
            decision = read(answer)
        except FunctionError as error:  # what an orchestrator raises, the SDK reports in an answer
            log.error("%s: %s raised\n%s", status.instance_id, status.name, error.traceback)
            reason = f"Function '{status.name}' failed with an unhandled exception."
            return Decision(ending=Raised(f"{reason} {error.type_name}: {error}"))
        except BadAnswer as error:
            return Decision(ending=Raised(str(error)))
        decision.suspended = _is_suspended(instance, new)
        decision.unknown = [each.name for each in decision.scheduled if self._is_unknown(each)]
        return decision

    def _is_unknown(self, call: Scheduled) -> bool:
        name = call.name.lower()
        if call.kind == EventType.TASK_SCHEDULED:
            return name not in self._known.activities
        is_child = call.kind == EventType.SUB_ORCHESTRATION_CREATED
        return is_child and name not in self._known.orchestrators


def read(answer: str) -> Decision:
    """Read what the SDK answers; BadAnswer for what the extension refuses."""
    response = pb.OrchestratorResponse()
    try:
        response.ParseFromString(base64.b64decode(answer, validate=True))
    except (binascii.Error, DecodeError) as error:
        raise BadAnswer(
            f"The orchestrator function returned no OrchestratorResponse ({error}): {answer[:100]}"
        ) from error
    actions = list(response.actions)
    ends = [each for each in actions if each.HasField(ENDING)]
    decision = Decision(
        scheduled=[scheduled(each) for each in actions if not each.HasField(ENDING)],
        ending=ending(ends[0].completeOrchestration) if ends else None,
        custom_status=text(response, "customStatus"),
        outlives=_OUTLIVE_END,
    )
    if isinstance(decision.ending, ContinuedAsNew):
        decision.outlives = _OUTLIVE_RESTART
    return decision


def _is_suspended(instance: Instance, new: Sequence[Recorded]) -> bool:
    suspended = instance.status.runtime_status == SUSPENDED
    for recorded in new:
        kind = recorded.event["EventType"]
        if kind in (EventType.EXECUTION_SUSPENDED, EventType.EXECUTION_RESUMED):
            suspended = kind == EventType.EXECUTION_SUSPENDED
    return suspended
