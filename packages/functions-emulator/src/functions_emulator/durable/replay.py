"""Replay an orchestrator's actions over its history, by the rules of the durable extension.

The SDK answers each turn with every action since the start. The extension walks that list in
order and awaits each action before it invokes the next, while durabletask feeds it the history;
what was invoked and is not in the history yet is the turn's new work.
Source: durabletask TaskOrchestrationExecutor.cs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from functions_emulator.durable.actions import Action
from functions_emulator.durable.context import ReplayContext, ReplayFailure, Scheduled
from functions_emulator.durable.events import Event, EventType
from functions_emulator.durable.known import KnownFunctions
from functions_emulator.durable.shim import Shim

# The event's key that names the scheduled task, and whether the task failed.
_COMPLETIONS: dict[int, tuple[str, bool]] = {
    EventType.TASK_COMPLETED: ("TaskScheduledId", False),
    EventType.TASK_FAILED: ("TaskScheduledId", True),
    EventType.SUB_ORCHESTRATION_COMPLETED: ("TaskScheduledId", False),
    EventType.SUB_ORCHESTRATION_FAILED: ("TaskScheduledId", True),
    EventType.TIMER_FIRED: ("TimerId", False),
}
_SCHEDULINGS = (
    EventType.TASK_SCHEDULED,
    EventType.SUB_ORCHESTRATION_CREATED,
    EventType.TIMER_CREATED,
    EventType.EVENT_SENT,
)
_EVEN_SUSPENDED = (
    EventType.ORCHESTRATOR_STARTED,
    EventType.EXECUTION_SUSPENDED,
    EventType.EXECUTION_RESUMED,
)


@dataclass
class Replayed:
    """Tell what a replay came to.

    `finished`: every action has been awaited and nothing scheduled is open, so an output, an
    error or a continue-as-new may be taken. `failure`: why the orchestration must fail, if it
    must. `unknown`: functions called that do not exist, in whatever turn. `carried_over`: events
    that arrived after continue-as-new. `open_tasks`: what has been scheduled and has not come back.
    `awaited_events`: names, in lower case.
    """

    scheduled: list[Scheduled] = field(default_factory=list)
    finished: bool = False
    suspended: bool = False
    failure: str | None = None
    continue_as_new: Action | None = None
    carried_over: list[Event] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    open_tasks: list[Scheduled] = field(default_factory=list)
    awaited_events: list[str] = field(default_factory=list)


def replay(actions: Sequence[Action], history: Iterable[Event], known: KnownFunctions) -> Replayed:
    """Replay `actions` over `history`, new events included, and tell what is to be done now."""
    replayer = _Replayer(actions, known)
    try:
        for event in history:
            replayer.process(event)
    except ReplayFailure as failure:
        return Replayed(failure=str(failure))
    return replayer.outcome()


class _Replayer:
    def __init__(self, actions: Sequence[Action], known: KnownFunctions) -> None:
        self._context = ReplayContext()
        self._shim = Shim(actions, self._context, known)
        self._started = False
        self._suspended = False
        self._while_suspended: deque[Event] = deque()
        self._carried_over: list[Event] = []
        # Of others, such as the end of a turn, nothing comes; they are half of a history.
        self._handlers: dict[int, Callable[[Event], None]] = {
            EventType.ORCHESTRATOR_STARTED: self._begin_turn,
            EventType.EXECUTION_STARTED: self._start,
            EventType.EXECUTION_SUSPENDED: self._suspend,
            EventType.EXECUTION_RESUMED: self._resume,
            EventType.EVENT_RAISED: self._raise,
            **dict.fromkeys(_SCHEDULINGS, self._context.confirm),
            **dict.fromkeys(_COMPLETIONS, self._complete),
        }

    def process(self, event: Event) -> None:
        kind = event["EventType"]
        handle = self._handlers.get(kind)
        if handle is None:
            return
        if not self._suspended or kind in _EVEN_SUSPENDED:
            handle(event)
        else:
            self._while_suspended.append(event)

    def _begin_turn(self, event: Event) -> None:
        self._context.turn_started = event["Timestamp"]

    def _start(self, event: Event) -> None:
        self._started = True
        instance = event.get("OrchestrationInstance") or {}
        self._context.instance_id = instance.get("InstanceId", "")
        self._context.execution_id = instance.get("ExecutionId", "")
        self._shim.advance()

    def _complete(self, event: Event) -> None:
        id_key, failed = _COMPLETIONS[event["EventType"]]
        self._context.complete(event[id_key], failed=failed, result=event.get("Result"))
        self._advance()

    def _raise(self, event: Event) -> None:
        if self._shim.continue_as_new is not None:
            self._carried_over.append(event)
            return
        self._context.raise_event(event["Name"])
        self._advance()

    def _advance(self) -> None:
        if self._started:
            self._shim.advance()

    def _suspend(self, event: Event) -> None:
        self._suspended = True
        self._context.hold_back()

    def _resume(self, event: Event) -> None:
        self._suspended = False
        self._context.let_go()
        while self._while_suspended and not self._suspended:
            self.process(self._while_suspended.popleft())

    def outcome(self) -> Replayed:
        return Replayed(
            scheduled=[] if self._suspended else self._context.pending(),
            finished=self._started and self._shim.walked and not self._context.has_open_tasks,
            suspended=self._suspended,
            continue_as_new=self._shim.continue_as_new,
            carried_over=self._carried_over,
            unknown=self._shim.unknown,
            open_tasks=self._context.open_tasks(),
            awaited_events=self._context.awaited_events(),
        )
