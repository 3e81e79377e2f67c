"""The steps of an order in time, made from the history of its orchestration."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from clients.history_events import Event, moment, read
from clients.order_status import ENDED, describe
from clients.replies import shortened
from durable_sdk import InstanceStatus
from ordering.clock import timestamp
from ordering.notifications import canonical_event_name

MOST_STEPS = 300
# Bytes, so that an answer is under 64 KB.
_LARGEST = 60_000
_LONGEST_TEXT = 600
_LONGEST_NAME = 60

_ACTIVITIES = {
    "CheckAndReserveInventory": "check",
    "ProcessPayment": "payment",
    "ReleaseInventory": "release",
    "RefundPayment": "refund",
}
_TASKS = ("TaskScheduled", "TaskCompleted", "TaskFailed")
_PLAIN = {
    "ExecutionStarted": "placed",
    "ExecutionTerminated": "terminated",
    "ExecutionSuspended": "suspended",
    "ExecutionResumed": "resumed",
}

Step = dict[str, Any]


def steps_of(status: InstanceStatus, history: Iterable[dict[str, Any]]) -> list[Step]:
    """Return what an order did and what happened to it, oldest first.

    Each step has `type` and `time`; what takes time has `endTime` and `seconds` too, null while
    it is under way. The data that a client sent with an event is left out.
    """
    story = _Story()
    for event in read(history):
        story.add(event)
    return story.told(status)


def cut(steps: list[Step]) -> list[Step]:
    """Return the newest steps that an answer has room for; `cut` says how many are left out."""
    kept, room = 0, _LARGEST
    for step in reversed(steps[-MOST_STEPS:]):
        room -= len(json.dumps(step)) + len(", ")
        if room < 0:
            break
        kept += 1
    left = len(steps) - kept
    rest = steps[left:]
    if not left:
        return rest
    return [{"type": "cut", "time": rest[0]["time"] if rest else None, "left": left}, *rest]


class _Story:
    """Tells the steps, event by event: PlaceOrder does one thing at a time."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._checks = 0
        self._tries: Counter[str] = Counter()
        self._failing = ""
        self._wait: Step | None = None
        self._pause: Step | None = None
        self._woken_by: str | None = None
        self._ended: datetime | None = None

    def add(self, event: Event) -> None:
        """Go on with the next event."""
        if event.kind in _TASKS:
            self._add_task(event)
        elif event.kind == "TimerCreated":
            self._add_timer(event)
        elif event.kind == "TimerFired":
            self._fire(event)
        elif event.kind == "EventRaised":
            name = canonical_event_name(event.name) or shortened(event.name, _LONGEST_NAME)
            self._woken_by = name
            self._steps.append(_step("event", event.time, name=name))
        elif event.kind in _PLAIN:
            self._steps.append(_step(_PLAIN[event.kind], event.time))
        if event.kind in ("ExecutionCompleted", "ExecutionTerminated"):
            self._ended = event.time

    def told(self, status: InstanceStatus) -> list[Step]:
        """Return the steps, with the end of an order that has ended."""
        order = describe(status)
        if status.runtime_status in ENDED:
            ended = self._ended or status.updated
            if ended is not None:
                self._end_wait(ended)
                texts = {name: _text(order[name]) for name in ("reason", "error")}
                self._steps.append(_step("end", ended, stage=order["stage"], **texts))
        return self._steps

    def _add_task(self, event: Event) -> None:
        kind = _ACTIVITIES.get(event.name, shortened(event.name, _LONGEST_NAME))
        self._end_wait(event.time)
        if kind == "check" and self._failing != kind:
            self._checks += 1
        self._tries[kind] += 1
        step = _step(kind, event.time)
        _end(step, event.ended)
        if kind == "check":
            step["attempt"] = self._checks
        step["try"] = self._tries[kind]
        step["outcome"] = None
        if event.kind == "TaskFailed":
            step |= {"outcome": "failed", "error": _text(event.reason)}
        elif event.kind == "TaskCompleted":
            step |= _outcome(kind, event.data)
            self._tries[kind] = 0
        self._failing = kind if event.kind == "TaskFailed" else ""
        self._steps.append(step)

    def _add_timer(self, event: Event) -> None:
        until = _shown(event.fires)
        if self._failing:
            step = _step("retry", event.time, step=self._failing, until=until)
            self._pause = step
        else:
            self._end_wait(event.time)
            step = _step("wait", event.time, until=until)
            self._wait, self._woken_by = step, None
            step["endedBy"] = None
        _end(step, None)
        self._steps.append(step)

    def _fire(self, event: Event) -> None:
        # The timer of a wait that an event has ended fires all the same: DurableTask cannot take
        # it back, and its engine ignores it then.
        due = _shown(event.fires)
        if self._pause is not None and due in (self._pause["until"], None):
            _end(self._pause, event.time)
            self._pause = None
        elif self._wait is not None and due in (self._wait["until"], None):
            self._woken_by = "timer"
            self._steps.append(_step("timer", event.time))

    def _end_wait(self, time: datetime) -> None:
        if self._wait is not None:
            _end(self._wait, time)
            self._wait["endedBy"] = self._woken_by
            self._wait = None


def _outcome(kind: str, data: Any) -> Step:
    told = data if isinstance(data, dict) else {}
    if kind == "check":
        if data is True or data is False:
            return {"outcome": "reserved" if data else "short"}
        return {"outcome": "rejected", "reason": _text(told.get("reason"))}
    if kind == "payment":
        invoice = told.get("invoice")
        if isinstance(invoice, dict):
            known = {name: invoice.get(name) for name in ("invoiceId", "total", "currency")}
            return {"outcome": "charged", **known}
        return {"outcome": "declined", "reason": _text(told.get("message"))}
    if kind == "release":
        return {"outcome": "released" if told.get("released") else "nothing"}
    if kind == "refund":
        amount = told.get("refunded")
        return {"outcome": "refunded", "amount": amount} if amount else {"outcome": "nothing"}
    return {"outcome": "done"}


def _step(kind: str, time: datetime, **more: Any) -> Step:
    return {"type": kind, "time": _shown(time), **more}


def _end(step: Step, time: datetime | None) -> None:
    begun = moment(step["time"])
    step["endTime"] = _shown(time)
    step["seconds"] = round((time - begun).total_seconds(), 3) if time and begun else None


def _shown(moment: datetime | None) -> str | None:
    return timestamp(moment, "milliseconds") if moment else None


def _text(text: Any) -> str | None:
    """Return the first line of a text: what follows it in an error is a stack trace."""
    if not isinstance(text, str) or not text:
        return None
    return shortened(text.partition("\n")[0].strip(), _LONGEST_TEXT)
