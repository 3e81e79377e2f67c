"""An orchestrator's calls and signals to entities, while its actions are replayed.

Source: durable-extension DurableOrchestrationContext.cs, CallDurableTaskFunctionAsync.
"""

from __future__ import annotations

import json
from typing import Any

from functions_emulator.durable.actions import Action
from functions_emulator.durable.clock import from_text, to_text
from functions_emulator.durable.context import ReplayContext, ReplayFailure
from functions_emulator.durable.entities.ids import EntityId
from functions_emulator.durable.entities.messages import Request
from functions_emulator.durable.known import KnownFunctions
from functions_emulator.durable.tasks import Task


class EntityCalls:
    """Send an orchestrator's requests; each takes a sequence id, as every event sent does."""

    def __init__(self, context: ReplayContext, known: KnownFunctions) -> None:
        self._context = context
        self._known = known

    def call(self, action: Action) -> Task:
        """Ask for an operation; the task is done when its result is there."""
        return self._context.wait_for_event(self._send(action, is_signal=False).id)

    def signal(self, action: Action) -> Task:
        """Ask for an operation and wait for nothing."""
        self._send(action, is_signal=True)
        return Task(done=True)

    def signal_later(self, action: Action) -> Task:
        """Ask for an operation at a time to come, and wait for nothing."""
        self._send(action, is_signal=True, due=to_text(from_text(action["fireAt"])))
        return Task(done=True)

    def _send(self, action: Action, *, is_signal: bool, due: str | None = None) -> Request:
        entity = EntityId.parse(action["instanceId"])
        if entity.name not in self._known.entities:
            # A call hangs on older extensions. Newer ones let the operation fail, and so does an
            # orchestration that signals (durable-extension#3472).
            raise ReplayFailure(self._known.no_such_entity(entity.name))
        request = Request(
            action["operation"],
            self._context.new_guid(),
            _input_text(action.get("input")),
            is_signal,
            self._context.instance_id,
            self._context.execution_id,
            due,
        )
        self._context.send_event(
            entity.instance_id,
            request.event_name,
            request.to_text(),
            from_text(due) if due else None,
        )
        return request


def _input_text(given: Any) -> str | None:
    return None if given is None else json.dumps(given, separators=(",", ":"))
