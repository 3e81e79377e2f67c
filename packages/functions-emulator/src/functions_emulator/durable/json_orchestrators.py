"""Ask orchestrators as azure-functions-durable 1.x is asked: in JSON, with all actions in answer.

Source: durable-extension OutOfProcOrchestrationShim.cs.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from itertools import chain

from functions_emulator.durable.answer import (
    Answer,
    BadAnswer,
    parse,
    parse_failure,
)
from functions_emulator.durable.decision import ContinuedAsNew, Decision, Raised, Returned
from functions_emulator.durable.events import Recorded
from functions_emulator.durable.instance import Instance
from functions_emulator.durable.known import KnownFunctions
from functions_emulator.durable.replay import replay
from functions_emulator.durable.trigger import trigger_body
from functions_emulator.failures import FunctionError

# Runs the orchestrator of this name on this trigger body, for this instance; answers the SDK's
# text. Raises FunctionError for what the SDK raises, WorkerLost and FunctionTimedOut for a turn
# that is to be taken again.
RunOrchestrator = Callable[[str, str, str], Awaitable[str]]

log = logging.getLogger("functions_emulator.durable")


class JsonOrchestrators:
    """Run orchestrators on JSON and replay their actions by the rules of the extension."""

    def __init__(self, run: RunOrchestrator, known: KnownFunctions) -> None:
        self._run = run
        self._known = known

    async def decide(self, instance: Instance, new: Sequence[Recorded]) -> Decision:
        """Take an instance through one turn."""
        status = instance.status
        body = trigger_body(instance, new, self._known.http_sleep_milliseconds)
        try:
            answer = await self._ask(status.name, body, status.instance_id)
        except BadAnswer as error:
            return Decision(ending=raised(status.name, str(error)))
        return decide(instance, new, answer, self._known)

    async def _ask(self, name: str, body: str, instance_id: str) -> Answer:
        try:
            text = await self._run(name, body, instance_id)
        except FunctionError as error:  # the SDK hands its state over in an exception's text
            log.error("%s: %s raised\n%s", instance_id, name, error.traceback)
            return parse_failure(str(error) or error.type_name)
        return parse(text)


def decide(
    instance: Instance, new: Sequence[Recorded], answer: Answer, known: KnownFunctions
) -> Decision:
    """Replay the actions of an answer, and tell what the turn comes to."""
    history = (recorded.event for recorded in chain(instance.history, new))
    replayed = replay(answer.actions, history, known)
    called = {scheduled.name for scheduled in replayed.scheduled}
    decision = Decision(
        scheduled=replayed.scheduled,
        suspended=replayed.suspended,
        custom_status=answer.custom_status,
        unknown=[name for name in replayed.unknown if name in called],
        awaited_events=replayed.awaited_events,
    )
    name = instance.status.name
    if replayed.failure is not None:
        decision.scheduled = ()
        decision.ending = raised(name, replayed.failure)
    elif not (answer.is_done or answer.error):
        pass
    elif not replayed.finished:
        decision.left_open = replayed.open_tasks
    elif answer.error is not None:
        decision.ending = raised(name, answer.error)
    elif replayed.continue_as_new is not None:
        new_input = json.dumps(replayed.continue_as_new.get("input"))
        decision.ending = ContinuedAsNew(new_input, replayed.carried_over)
    else:
        decision.ending = Returned(answer.output)
    return decision


def raised(name: str, reason: str) -> Raised:
    """Say of an orchestrator that it has failed, as the extension does."""
    return Raised(f"Orchestrator function '{name}' failed: {reason}")
