"""What a turn of an orchestration comes to, in whatever protocol the SDK was asked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from functions_emulator.durable.context import Scheduled
from functions_emulator.durable.events import Event, EventType, Recorded
from functions_emulator.durable.instance import Instance


@dataclass(frozen=True)
class Returned:
    """The orchestrator has returned; `output` is JSON text."""

    output: str | None


@dataclass(frozen=True)
class Raised:
    """The orchestration fails with this text; `details` are durabletask's FailureDetails."""

    text: str
    details: dict[str, Any] | None = None


@dataclass(frozen=True)
class ContinuedAsNew:
    """The orchestrator starts anew; `input` is JSON text, `carried_over` are events to keep."""

    input: str | None
    carried_over: Sequence[Event] = ()
    version: str | None = None


@dataclass
class Decision:
    """Hold what a turn schedules, and how the orchestrator stands after it.

    `ending` is None while it goes on. `outlives` are the kinds that are sent even with the end.
    `custom_status` is JSON text; None leaves it as it was. `unknown` names functions that are
    called in vain, `left_open` what keeps an orchestrator that has returned from its end, and
    `awaited_events` are names in lower case.
    """

    scheduled: Sequence[Scheduled] = ()
    ending: Returned | Raised | ContinuedAsNew | None = None
    suspended: bool = False
    custom_status: str | None = None
    outlives: Collection[EventType] = (EventType.EVENT_SENT,)
    unknown: list[str] = field(default_factory=list)
    left_open: list[Scheduled] = field(default_factory=list)
    awaited_events: list[str] = field(default_factory=list)


class Orchestrators(Protocol):
    """Asks the app's orchestrators, in the protocol of its SDK."""

    async def decide(self, instance: Instance, new: Sequence[Recorded]) -> Decision:
        """Take an instance through one turn with these new events.

        Raises WorkerLost and FunctionTimedOut for a turn that is to be taken again.
        """
