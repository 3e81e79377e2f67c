"""What a failed test shows of the app: its instances with their histories, and the host's log."""

from __future__ import annotations

import json
from typing import Any

from functions_emulator.testing.functions import Functions
from functions_emulator.testing.instance import Instance

MOST_INSTANCES = 10
MOST_EVENTS = 40
LOG_LINES = 40
WIDTH = 160


def sections(functions: Functions) -> list[tuple[str, str]]:
    """Give the titles and texts to add to a test's report."""
    found = [
        ("orchestrations", _instances(functions)),
        ("log of the Functions host", "\n".join(functions.log.splitlines()[-LOG_LINES:])),
    ]
    return [(title, text) for title, text in found if text]


def _instances(functions: Functions) -> str:
    try:
        touched = functions.touched()
        texts = [_story(instance) for instance in touched[:MOST_INSTANCES]]
        more = len(touched) - MOST_INSTANCES
        return "\n".join([*texts, *([f"... and {more} more"] if more > 0 else [])])
    except Exception as error:  # the host is gone: its log says more
        return f"The host does not tell: {error}"


def _story(instance: Instance) -> str:
    if not instance.exists:
        return f"{instance.id}: there is no such instance"
    details = instance._details(showHistory="true", showHistoryOutput="true")
    head = f"{details['name']} {instance.id}: {details['runtimeStatus']}"
    if details["customStatus"] is not None:
        head += f", custom status {_short(details['customStatus'])}"
    events = details.get("historyEvents") or []
    lines = [f"  {_line(event)}" for event in events[:MOST_EVENTS]]
    if len(events) > MOST_EVENTS:
        lines.append(f"  ... and {len(events) - MOST_EVENTS} events more")
    if details["output"] is not None and not events:
        lines.append(f"  output: {_short(details['output'])}")
    return "\n".join([head, *lines])


def _line(event: dict[str, Any]) -> str:
    """Write an event in one line: when, what, of which function, with what."""
    words = [str(event["Timestamp"])[:19].replace("T", " "), event["EventType"]]
    name = event.get("FunctionName") or event.get("Name")
    if name:
        words.append(str(name))
    if "FireAt" in event:
        words.append(f"due {str(event['FireAt'])[:19].replace('T', ' ')}")
    for key, label in (("Input", ""), ("Reason", ""), ("Result", "-> ")):
        if event.get(key) is not None:
            words.append(label + _short(event[key]))
    return " ".join(words)


def _short(value: Any) -> str:
    text = json.dumps(_decoded(value))
    line = " ".join(text.split())
    return line if len(line) <= WIDTH else line[: WIDTH - 3] + "..."


def _decoded(value: Any) -> Any:
    """Undo what clients and hosts encode twice: the text `["[1]"]` is an activity's input [1]."""
    is_wrapped = isinstance(value, list) and len(value) == 1
    inner = value[0] if is_wrapped else value
    if not isinstance(inner, str):
        return value
    try:
        return _decoded(json.loads(inner))
    except ValueError:
        return value
