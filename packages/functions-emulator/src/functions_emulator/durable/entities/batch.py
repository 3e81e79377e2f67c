"""One batch of operations: what the entity trigger hands to the SDK, and what comes back.

Source: durable-extension EntityTriggerAttributeBindingProvider.cs (EntityContextToString) and
TaskEntityShim.cs (ExecuteOutOfProcBatch). The state that comes back is the one after the whole
batch: whether a failed operation is undone is up to the SDK, and SDK 1.x does not (durable-python
#274).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from functions_emulator.durable.entities.ids import EntityId
from functions_emulator.durable.entities.messages import Request, signal
from functions_emulator.durable.entities.state import EntityState


@dataclass(frozen=True)
class Result:
    """Hold what an operation came to; `value` is JSON text, of the error's message if it failed."""

    value: str | None
    failed: bool = False


@dataclass(frozen=True)
class Outcome:
    """Tell what a batch came to: a result for each request, and the signals to other entities."""

    state: EntityState
    results: Sequence[Result]
    signals: Sequence[tuple[EntityId, Request]] = field(default_factory=tuple)


class BadBatch(Exception):
    """The batch came to nothing that can be used: it is run again later."""


def trigger_body(entity: EntityId, state: EntityState, requests: Sequence[Request]) -> str:
    """Write the JSON text that the entity trigger hands to the SDK."""
    batch = [
        {"name": each.operation, "input": each.input, "isSignal": each.is_signal}
        for each in requests
    ]
    body = {
        "self": {"name": entity.name, "key": entity.key},
        "exists": state.exists,
        "state": state.state,
        "batch": batch,
    }
    return json.dumps(body, separators=(",", ":"))


def parse(text: str, entity: EntityId, requests: Sequence[Request]) -> Outcome:
    """Read what the SDK returned; BadBatch where the extension gives up on the batch."""
    try:
        answer = json.loads(text)
        results = [Result(each["result"], bool(each["isError"])) for each in answer["results"]]
        signals = [_signal(entity, each) for each in answer.get("signals") or ()]
        state = EntityState(bool(answer["entityExists"]), answer.get("entityState"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadBatch(f"it returned no answer to a batch of operations: {text[:200]}") from error
    if len(results) < len(requests):
        raise BadBatch(f"it returned {len(results)} results for {len(requests)} operations")
    return Outcome(state, results[: len(requests)], signals)


def refused(state: EntityState, requests: Sequence[Request], reason: str) -> Outcome:
    """Fail every operation and leave the state as it is."""
    return Outcome(state, [Result(json.dumps(reason), failed=True)] * len(requests))


def _signal(source: EntityId, sent: dict[str, Any]) -> tuple[EntityId, Request]:
    target = EntityId.of(sent["target"]["name"], sent["target"]["key"])
    return target, signal(sent["name"], sent.get("input"), parent=source.instance_id)
