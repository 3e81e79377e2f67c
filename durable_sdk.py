"""The one place that knows which azure-functions-durable is installed, 1.7 or 2.0.

No other module uses a private attribute of the SDK, or a name that only one of the two has.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import azure.durable_functions as df

IS_2 = hasattr(df, "DurableFunctionsClient")

# A wait of SDK 1.x that was used in one `task_any` is invisible to the extension in the next
# (Task.py, CompoundTask), and the newest open wait takes an event; in 2.x the oldest takes it
# (durabletask worker.py, eventRaised), and it may be waited for again.
WAITS_CAN_BE_REUSED = IS_2

# 1.x warns, at each replay, of an event that came while nobody waited for it. That is no fault:
# `forget_early_events` deals with it (TaskOrchestrationExecutor.py, set_task_value).
warnings.filterwarnings("ignore", message="Potential duplicate Task completion")


def is_done(task: Any) -> bool:
    """Tell whether a task has completed, failed or been cancelled."""
    return bool(task.is_complete if IS_2 else task.is_completed)


def cancel_timer(timer: Any) -> None:
    """Cancel a timer unless it has fired: 1.x raises then (Task.py, TimerTask)."""
    if not is_done(timer):
        timer.cancel()


def forget_early_events(context: Any, names: Iterable[str]) -> None:
    """Drop the copies that 1.x keeps of events that came while nobody waited.

    It would give such a copy to every later wait (durable-python#507, #481). 2.x gives each event
    once.
    """
    if not IS_2:
        for name in names:
            context.deferred_tasks.pop(name, None)


def retries(every: timedelta, tries: int) -> Any:
    """Return the retry options of an activity: so many tries in all, at most so far apart.

    Tries of 1.x are all as far apart as that. Those of 2.x begin at a quarter of it and back off.
    """
    if IS_2:
        return df.RetryPolicy(
            first_retry_interval=every / 4,
            max_number_of_attempts=tries,
            backoff_coefficient=2,
            max_retry_interval=every,
        )
    milliseconds = int(every / timedelta(milliseconds=1))
    return df.RetryOptions(milliseconds, tries)


class HostTrouble(Exception):
    """The host did not answer as it should; how the order stands is not known."""


@dataclass(frozen=True)
class InstanceStatus:
    """How an orchestration stands; `runtime_status` is the host's word for it."""

    instance_id: str
    name: str
    runtime_status: str
    custom_status: Any
    output: Any
    created: datetime | None
    updated: datetime | None
    input: Any = None


async def start(client: Any, name: str, instance_id: str, data: Any) -> None:
    """Start an orchestration; raises what the client raises."""
    if IS_2:
        await client.schedule_new_orchestration(name, input=data, instance_id=instance_id)
    else:
        await client.start_new(name, instance_id, data)


async def raise_event(client: Any, instance_id: str, name: str, data: Any) -> None:
    """Send an event to an orchestration; `classify` tells what an exception means."""
    if IS_2:
        await client.raise_orchestration_event(instance_id, name, data=data)
    else:
        await client.raise_event(instance_id, name, data)


async def find_status(client: Any, instance_id: str) -> InstanceStatus | None:
    """Return how an orchestration stands, or None if the host does not know it.

    Raises HostTrouble. Client 1.x turns an error's answer into a status as well. It is as empty as
    that of a missing orchestration, but has the error's own fields (DurableOrchestrationClient.py,
    `get_status`).
    """
    try:
        if IS_2:
            state = await client.get_orchestration_state(instance_id, fetch_payloads=True)
            return _of_state(state) if state else None
        status = await client.get_status(instance_id)
    except Exception as error:
        raise HostTrouble(f"{type(error).__name__}: {error}") from error
    return _found(status)


async def find_history(
    client: Any, instance_id: str
) -> tuple[InstanceStatus, list[dict[str, Any]]] | None:
    """Return how an orchestration stands, with its history, or None if the host knows none.

    The history is as the extension shows it: a task that has ended is one event, with the time at
    which it was scheduled (DurableClient.cs, GetDurableOrchestrationStatusAsync). Raises
    HostTrouble.
    """
    try:
        if IS_2:
            state = await client.get_orchestration_state(instance_id, fetch_payloads=True)
            if not state:
                return None
            begun = state.runtime_status.name != "PENDING"
            events = await client.get_orchestration_history(instance_id) if begun else []
            return _of_state(state), _as_shown(events)
        status = await client.get_status(instance_id, show_history=True, show_history_output=True)
    except Exception as error:
        raise HostTrouble(f"{type(error).__name__}: {error}") from error
    found = _found(status)
    # The client looks for `history` in the answer, which has `historyEvents`.
    shown = getattr(status, "historyEvents", None) or status.history or []
    return (found, list(shown)) if found else None


async def purge(client: Any, instance_id: str) -> None:
    """Delete the history of an orchestration that has ended, if there is one.

    Raises HostTrouble.
    """
    try:
        if IS_2:
            await client.purge_orchestration(instance_id)
        else:
            await client.purge_instance_history(instance_id)
    except Exception as error:
        raise HostTrouble(f"{type(error).__name__}: {error}") from error


def task_hub(client: Any) -> str:
    """Return the name of the task hub that a client talks to, from its links."""
    link: str = client.create_http_management_payload("any")["statusQueryGetUri"]
    return parse_qs(urlsplit(link).query).get("taskHub", [""])[0]


def list_address(binding: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the URL at which the host lists orchestrations, and the query it needs.

    From the JSON of a durable client binding. With 1.x it is the host's own listener on this
    machine, with 2.x, whose listener speaks gRPC, the HTTP API with its key.
    """
    told = json.loads(binding)
    if IS_2:
        base, query = (
            told.get("httpBaseUrl") or told["baseUrl"],
            told["requiredQueryStringParameters"],
        )
    else:
        base, query = told["rpcBaseUrl"], ""
    return f"{base.rstrip('/')}/instances/", parse_qsl(query)


class Failure(Enum):
    """Why an event was not delivered."""

    FINISHED = "the order has already finished"
    UNKNOWN = "there is no such order"
    TROUBLE = "the host or its storage is in trouble"


def classify(error: BaseException) -> Failure:
    """Return why `raise_event` failed.

    Client 1.x raises a bare Exception for every answer but 202, told apart by its text alone
    (DurableOrchestrationClient.py); 2.x gRPC errors with a `code()`. 410 is final. 404 may be
    temporary: the Azure Storage backend sends an order's start message before it writes the row
    that the host looks up (durable-extension#1989). All else may be temporary as well, unknown
    answers included.
    """
    code = getattr(error, "code", None)
    if callable(code):
        name = getattr(code(), "name", "")
        by_code = {"NOT_FOUND": Failure.UNKNOWN, "FAILED_PRECONDITION": Failure.FINISHED}
        return by_code.get(name, Failure.TROUBLE)
    # Only the exact type: connection errors are Exceptions as well, and their text may be anything.
    if type(error) is Exception:
        text = str(error)
        if text.startswith("Instance with ID ") and " is gone" in text:
            return Failure.FINISHED
        if text.startswith("No instance with ID ") and text.endswith(" found."):
            return Failure.UNKNOWN
    return Failure.TROUBLE


def decoded(value: Any) -> Any:
    """Return a value as its sender meant it: 1.x may encode it twice (durable-python#295)."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _found(status: Any) -> InstanceStatus | None:
    if status:
        return _of_status(status)
    told = {name.lower(): value for name, value in vars(status).items()}
    if trouble := told.get("exceptionmessage") or told.get("message"):
        raise HostTrouble(str(trouble))
    return None


def _as_shown(events: Iterable[Any]) -> list[dict[str, Any]]:
    """Return a history of 2.x in the form in which the extension shows one to 1.x."""
    shown: list[dict[str, Any]] = []
    scheduled: dict[int, dict[str, Any]] = {}
    for event in events:
        kind = type(event).__name__.removesuffix("Event")
        item = {"EventType": kind, "Timestamp": _utc(event.timestamp).isoformat()}
        for field, name in _SHOWN:
            if (value := getattr(event, field, None)) is not None:
                item[name] = value.isoformat() if isinstance(value, datetime) else value
        if failure := getattr(event, "failure_details", None):
            item["Reason"] = failure.message
        if kind == "TaskScheduled":
            scheduled[event.event_id] = item
        elif begun := scheduled.get(getattr(event, "task_scheduled_id", -1)):
            shown.remove(begun)
            item |= {"FunctionName": begun["Name"], "ScheduledTime": begun["Timestamp"]}
        shown.append(item)
    return shown


_SHOWN = (("name", "Name"), ("input", "Input"), ("result", "Result"), ("fire_at", "FireAt"))


def _of_status(status: Any) -> InstanceStatus:
    return InstanceStatus(
        status.instance_id,
        status.name,
        status.runtime_status.value if status.runtime_status else "",
        decoded(status.custom_status),
        decoded(status.output),
        status.created_time,
        status.last_updated_time,
        decoded(status.input_),
    )


def _of_state(state: Any) -> InstanceStatus:
    failure = state.failure_details
    return InstanceStatus(
        state.instance_id,
        state.name,
        state.runtime_status.name.title().replace("_", ""),
        decoded(state.serialized_custom_status),
        failure.message if failure else decoded(state.serialized_output),
        _utc(state.created_at),
        _utc(state.last_updated_at),
        decoded(getattr(state, "serialized_input", None)),
    )


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
