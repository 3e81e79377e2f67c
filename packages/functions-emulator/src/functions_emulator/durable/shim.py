"""Invoke an orchestrator's actions, each when the one before it is done.

Source: durable-extension OutOfProcOrchestrationShim.cs (ProcessAsyncActionsV2).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from datetime import timedelta

from functions_emulator.durable.actions import Action, ActionType, unsupported
from functions_emulator.durable.clock import from_text
from functions_emulator.durable.context import ReplayContext, ReplayFailure
from functions_emulator.durable.entities.calls import EntityCalls
from functions_emulator.durable.entities.ids import is_entity
from functions_emulator.durable.events import EventType
from functions_emulator.durable.http.polling import HttpCall
from functions_emulator.durable.known import KnownFunctions
from functions_emulator.durable.tasks import Retry, Task, WhenAll, WhenAny


class Shim:
    """Walk the list of actions as far as the completed tasks allow."""

    def __init__(
        self, actions: Sequence[Action], context: ReplayContext, known: KnownFunctions
    ) -> None:
        self.unknown: list[str] = []
        self.continue_as_new: Action | None = None
        self._actions = actions
        self._next = 0
        self._current = Task(done=True)
        self._context = context
        self._known = known
        entities = EntityCalls(context, known)
        self._invokers: dict[int, Callable[[Action], Task]] = {
            ActionType.CALL_ACTIVITY: self._call_activity,
            ActionType.CALL_ACTIVITY_WITH_RETRY: self._call_activity_with_retry,
            ActionType.CALL_SUB_ORCHESTRATOR: self._call_sub_orchestrator,
            ActionType.CALL_SUB_ORCHESTRATOR_WITH_RETRY: self._call_sub_orchestrator_with_retry,
            ActionType.CONTINUE_AS_NEW: self._continue_as_new,
            ActionType.CREATE_TIMER: self._create_timer,
            ActionType.WAIT_FOR_EXTERNAL_EVENT: self._wait_for_event,
            ActionType.CALL_ENTITY: entities.call,
            ActionType.CALL_HTTP: self._call_http,
            ActionType.SIGNAL_ENTITY: entities.signal,
            ActionType.SCHEDULED_SIGNAL_ENTITY: entities.signal_later,
            ActionType.WHEN_ANY: self._when_any,
            ActionType.WHEN_ALL: self._when_all,
        }

    @property
    def walked(self) -> bool:
        """Tell whether every action has been invoked and is done."""
        return self._next == len(self._actions) and self._current.done

    def advance(self) -> None:
        """Invoke actions until one has to be waited for."""
        while self._current.done and self._next < len(self._actions):
            action = self._actions[self._next]
            self._next += 1
            self._current = self._invoke(action)

    def _invoke(self, action: Action) -> Task:
        invoker = self._invokers.get(action["actionType"])
        if invoker is None:
            raise ReplayFailure(unsupported(action["actionType"]))
        return invoker(action)

    def _call_activity(self, action: Action) -> Task:
        name = action["functionName"]
        self._note(name, self._known.activities)
        return self._context.schedule(EventType.TASK_SCHEDULED, name, action.get("input"))

    def _call_sub_orchestrator(self, action: Action) -> Task:
        name = action["functionName"]
        self._note(name, self._known.orchestrators)
        instance_id = action.get("instanceId") or None
        if instance_id is not None and is_entity(instance_id):
            raise ReplayFailure("Orchestration instance ids must not start with @")
        return self._context.schedule(
            EventType.SUB_ORCHESTRATION_CREATED,
            name,
            action.get("input"),
            instance_id=instance_id,
            version=action.get("version") or self._known.default_version,
        )

    def _note(self, name: str, known: Container[str]) -> None:
        # Called all the same: who runs it fails it. Older extensions wait for ever, for a name that
        # is not there (durable-python#132) as for a disabled one (durable-extension#3471).
        if name.lower() not in known:
            self.unknown.append(name)

    def _call_activity_with_retry(self, action: Action) -> Task:
        return self._retry(action, self._call_activity)

    def _call_sub_orchestrator_with_retry(self, action: Action) -> Task:
        return self._retry(action, self._call_sub_orchestrator)

    def _retry(self, action: Action, call: Callable[[Action], Task]) -> Task:
        options = action["retryOptions"]

        def delay(last: bool) -> Task:
            milliseconds = 0 if last else options["firstRetryIntervalInMilliseconds"]
            due = self._context.now + timedelta(milliseconds=milliseconds)
            return self._context.create_timer(due)

        return Retry(int(options["maxNumberOfAttempts"]), lambda: call(action), delay)

    def _continue_as_new(self, action: Action) -> Task:
        self.continue_as_new = action
        return Task(done=True)

    def _create_timer(self, action: Action) -> Task:
        return self._context.create_timer(
            from_text(action["fireAt"]), cancelled=bool(action.get("isCanceled"))
        )

    def _call_http(self, action: Action) -> Task:
        return HttpCall(self._context, action, self._known.http_sleep_milliseconds)

    def _wait_for_event(self, action: Action) -> Task:
        return self._context.wait_for_event(action["externalEventName"])

    def _when_any(self, action: Action) -> Task:
        if not action["compoundActions"]:
            raise ReplayFailure("The tasks argument contains no tasks. (Parameter 'tasks')")
        return WhenAny([self._invoke(child) for child in action["compoundActions"]])

    def _when_all(self, action: Action) -> Task:
        return WhenAll([self._invoke(child) for child in action["compoundActions"]])
