"""NotificationInfo: a message on the event queue that wakes or cancels an order."""

import json
from dataclasses import dataclass
from typing import Any

from ordering.json_input import WHOLE, ContractError, FieldError, JsonError, parse_json
from ordering.model import is_order_id

PROCEED = "Proceed"
CANCEL = "Cancel"
EVENT_NAMES = (PROCEED, CANCEL)

_CANONICAL = {name.lower(): name for name in EVENT_NAMES}
_PROPERTIES = ("instanceID", "EventName", "EventData")


@dataclass(frozen=True)
class Notification:
    """An event for an order; the name is as the orchestrator declares it."""

    instance_id: str
    event_name: str
    event_data: Any

    def to_text(self) -> str:
        """Return the text of the queue message that `parse_notification` understands."""
        return json.dumps(
            {
                "instanceID": self.instance_id,
                "EventName": self.event_name,
                "EventData": self.event_data,
            }
        )


def canonical_event_name(name: str) -> str | None:
    """Return the name as the orchestrator declares it, or None if it declares no such event.

    The host compares event names ignoring case, the Python SDK does not: `proceed` would be
    accepted with 202 and never wake the order (DurableOrchestrationContext.cs,
    TaskOrchestrationExecutor.py).
    """
    return _CANONICAL.get(name.lower())


def reserved_name(data: Any) -> str | None:
    """Return the path of a name in JSON data that begins with two underscores, or None.

    An object with `__class__`, `__module__` and `__data__` is what the SDKs make of an object of a
    class: they look the class up and call it before the orchestrator sees the event. If that fails,
    the orchestration fails without any compensation (azure-functions, df_loads).
    """
    level: list[tuple[str, Any]] = [("", data)]
    while level:
        path, value = level.pop()
        if isinstance(value, list):
            level += [(f"{path}[{number}]", item) for number, item in enumerate(value)]
        elif isinstance(value, dict):
            for name, item in value.items():
                inner = f"{path}.{name}" if path else name
                if name.startswith("__"):
                    return inner
                level.append((inner, item))
    return None


def harmless(data: Any) -> Any:
    """Return an event's data, as text if an SDK could take it for an object of a class."""
    return data if reserved_name(data) is None else json.dumps(data)


def parse_notification(body: bytes) -> Notification:
    """Return the notification that a queue message holds; raises ContractError.

    `{"instanceID", "EventName", "EventData"?}`: property names ignore case, missing data is
    null, further properties are ignored.
    """
    try:
        value = parse_json(body)
    except JsonError as error:
        raise _invalid({"field": WHOLE, "message": f"cannot be read: {error}"}) from None
    if not isinstance(value, dict):
        raise _invalid({"field": WHOLE, "message": "must be a JSON object"})
    found, errors = _properties(value)
    instance_id, name = found.get("instanceID"), found.get("EventName")
    if not is_order_id(instance_id):
        rule = "must be an order's id: letters, digits, '-' and '_'"
        errors.append({"field": "instanceID", "message": f"{rule}; it is {_shown(instance_id)}"})
    canonical = canonical_event_name(name) if isinstance(name, str) else None
    if canonical is None:
        rule = f"must be one of {', '.join(EVENT_NAMES)}"
        errors.append({"field": "EventName", "message": f"{rule}; it is {_shown(name)}"})
    if errors or canonical is None:
        raise _invalid(*errors)
    return Notification(str(instance_id), canonical, found.get("EventData"))


def _properties(value: dict[str, Any]) -> tuple[dict[str, Any], list[FieldError]]:
    canonical = {name.lower(): name for name in _PROPERTIES}
    found: dict[str, Any] = {}
    errors: list[FieldError] = []
    for written, item in value.items():
        name = canonical.get(written.lower())
        if name in found:
            errors.append({"field": name, "message": "is there twice, in different spellings"})
        elif name:
            found[name] = item
    return found, errors


def _invalid(*errors: FieldError) -> ContractError:
    return ContractError("The notification", errors)


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:60] + "..."
