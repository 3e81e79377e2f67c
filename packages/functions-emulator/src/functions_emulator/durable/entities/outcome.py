"""What a batch of operations comes to, in whatever protocol the SDK was asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from functions_emulator.durable.entities.ids import EntityId
from functions_emulator.durable.entities.messages import Request
from functions_emulator.durable.entities.state import EntityState


@dataclass(frozen=True)
class Result:
    """Hold what an operation came to; `value` is JSON text, of the error's message if it failed.

    `details` are durabletask's FailureDetails, which SDK 1.x does not give.
    """

    value: str | None
    failed: bool = False
    details: dict[str, Any] | None = None

    @property
    def reason(self) -> str:
        """Say why it failed."""
        if self.details is not None:
            return f"{self.details['ErrorType']}: {self.details['ErrorMessage']}"
        return str(json.loads(self.value or "null"))


@dataclass(frozen=True)
class Start:
    """Hold an orchestration that an entity starts; `input` is JSON text, `due` a history text."""

    name: str
    instance_id: str | None
    input: str | None
    version: str | None = None
    due: str | None = None


@dataclass(frozen=True)
class Outcome:
    """Tell what a batch came to: a result for each request, signals to entities, and starts."""

    state: EntityState
    results: Sequence[Result] = ()
    signals: Sequence[tuple[EntityId, Request]] = field(default_factory=tuple)
    starts: Sequence[Start] = field(default_factory=tuple)


class BadBatch(Exception):
    """The batch came to nothing that can be used: it is run again later."""


class Entities(Protocol):
    """Runs the app's entity functions, in the protocol of its SDK."""

    async def operate(
        self, entity: EntityId, state: EntityState, requests: Sequence[Request]
    ) -> Outcome:
        """Run a batch of operations; BadBatch where the extension gives up on it.

        Raises WorkerLost and FunctionTimedOut for a batch that is to be run again.
        """


def refused(state: EntityState, requests: Sequence[Request], reason: str) -> Outcome:
    """Fail every operation and leave the state as it is."""
    return Outcome(state, [Result(json.dumps(reason), failed=True)] * len(requests))
