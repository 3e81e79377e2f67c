"""One batch of operations in JSON: what the entity trigger hands to SDK 1.x, and what comes back.

Source: durable-extension EntityTriggerAttributeBindingProvider.cs (EntityContextToString) and
TaskEntityShim.cs (ExecuteOutOfProcBatch). The state that comes back is the one after the whole
batch: whether a failed operation is undone is up to the SDK, and SDK 1.x does not (durable-python
#274).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from functions_emulator.durable.entities.ids import EntityId
from functions_emulator.durable.entities.messages import Request, signal
from functions_emulator.durable.entities.outcome import BadBatch, Outcome, Result
from functions_emulator.durable.entities.state import EntityState
from functions_emulator.failures import FunctionTimedOut, WorkerLost, failure_text

# Runs the entity function of this name on this trigger body, for this instance; answers the
# SDK's text and raises what the SDK raises.
RunEntity = Callable[[str, str, str], Awaitable[str]]


class JsonEntities:
    """Run entity functions of azure-functions-durable 1.x."""

    def __init__(self, run: RunEntity) -> None:
        self._run = run

    async def operate(
        self, entity: EntityId, state: EntityState, requests: Sequence[Request]
    ) -> Outcome:
        """Run a batch of operations."""
        body = trigger_body(entity, state, requests)
        try:
            text = await self._run(entity.name, body, entity.instance_id)
        except (WorkerLost, FunctionTimedOut):  # it did not come to an end: all of it runs again
            raise
        except Exception as error:  # the SDK reports what an operation raises; this is not that
            raise BadBatch(failure_text(error).rstrip()) from error
        return parse(text, entity, requests)


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


def _signal(source: EntityId, sent: dict[str, Any]) -> tuple[EntityId, Request]:
    target = EntityId.of(sent["target"]["name"], sent["target"]["key"])
    return target, signal(sent["name"], sent.get("input"), parent=source.instance_id)
