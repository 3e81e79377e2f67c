"""What the SDK answers to an orchestrator trigger."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from functions_emulator.durable.actions import Action

# ext:OutOfProcExceptionHelpers.cs; the SDK puts its state behind this label when user code raised.
STATE_LABEL = "$OutOfProcData$:"
# ext:OutOfProcOrchestrationShim.cs, SchemaVersion.V2 and V3.
SUPPORTED_SCHEMAS = (1, 2)
# ext:DurableOrchestrationContext.cs, IDurableOrchestrationContext.SetCustomStatus.
CUSTOM_STATUS_LIMIT_KB = 16


@dataclass(frozen=True)
class Answer:
    """Hold one turn's answer: every action since the start, and how the user code stands."""

    actions: list[Action] = field(default_factory=list)
    is_done: bool = False
    output: str | None = None
    error: str | None = None
    custom_status: str | None = None


class BadAnswer(Exception):
    """The answer cannot be used; the text is the reason the orchestration fails with."""


def parse(text: str) -> Answer:
    """Read the state the SDK returned; BadAnswer when the extension would refuse it."""
    try:
        state = json.loads(text)
        schema = state.get("schemaVersion", 0)
        actions = state.get("actions", [])
    except (ValueError, AttributeError) as error:
        raise BadAnswer("Out of proc orchestrators must return a valid JSON schema") from error
    if schema not in SUPPORTED_SCHEMAS:
        raise BadAnswer(
            f"The emulator needs replay schema V2 or V3, but the SDK answered {schema}: "
            "install azure-functions-durable 1.2 or newer"
        )
    if len(actions) != 1:
        raise BadAnswer(
            f"With OOProc schema V{schema + 1}, expected actions array to be of length 1 "
            f"in outer layer but got size: {len(actions)}"
        )
    custom_status = state.get("customStatus")
    output = state.get("output")
    return Answer(
        actions=actions[0],
        is_done=bool(state.get("isDone")),
        output=None if output is None else _dump(output),
        error=state.get("error") or None,
        custom_status=None if custom_status is None else _limited(_dump(custom_status)),
    )


def parse_failure(message: str) -> Answer:
    """Read the state out of the exception the SDK raised; BadAnswer when it carries none."""
    _, label, text = message.partition(STATE_LABEL)
    if not label:
        raise BadAnswer(message)
    return parse(text)


def _dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _limited(text: str) -> str:
    if 2 * len(text) <= CUSTOM_STATUS_LIMIT_KB * 1024:  # escaped text is never the shorter one
        return text
    decoded = json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
    size = len(decoded.encode("utf-16-le", "surrogatepass"))
    if size > CUSTOM_STATUS_LIMIT_KB * 1024:
        raise BadAnswer(
            "The UTF-16 size of the JSON-serialized payload must not exceed "
            f"{CUSTOM_STATUS_LIMIT_KB} KB. The current payload is {size // 1024} KB."
        )
    return text
