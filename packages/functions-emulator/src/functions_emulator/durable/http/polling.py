"""A call_http while an orchestrator's actions are replayed.

Source: durable-extension DurableOrchestrationContext.cs, CallHttpAsync.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from urllib.parse import urlsplit

from functions_emulator.durable.actions import Action
from functions_emulator.durable.context import ReplayContext, ReplayFailure
from functions_emulator.durable.events import EventType
from functions_emulator.durable.http import request as requests
from functions_emulator.durable.http.request import ACCEPTED, HTTP_ACTIVITY, Request
from functions_emulator.durable.tasks import Task


class HttpCall(Task):
    """Make a request and, where it asks for it, follow up each answer 202 after a timer."""

    def __init__(self, context: ReplayContext, action: Action, sleep_milliseconds: int) -> None:
        super().__init__()
        self._context = context
        self._sleep = timedelta(milliseconds=sleep_milliseconds)
        self._request = requests.read(action.get("httpRequest"))
        reason = requests.not_supported(self._request)
        if reason is not None:
            raise ReplayFailure(reason)
        self._make(self._request)

    def _make(self, request: Request) -> None:
        text = requests.to_text(request)
        call = self._context.schedule(EventType.TASK_SCHEDULED, HTTP_ACTIVITY, text)
        call.then(lambda: self._answered(call))

    def _answered(self, call: Task) -> None:
        if call.failed or not requests.polls(self._request):
            self.complete(failed=call.failed)
            return
        response = json.loads(call.result or "{}")
        if response.get("statusCode") != ACCEPTED:
            self.complete()
            return
        pause = self._pause(requests.header(response.get("headers"), "Retry-After"))
        if pause is None:
            self.complete(failed=True)
            return
        location = requests.header(response.get("headers"), "Location")
        self._context.create_timer(self._context.now + pause).then(lambda: self._poll(location))

    def _pause(self, retry_after: str | None) -> timedelta | None:
        if retry_after is None:
            return self._sleep
        # A date fails in .NET's int.Parse, and with it the call.
        seconds = re.fullmatch(r"\s*([+-]?\d+)\s*", retry_after, re.ASCII)
        return timedelta(seconds=int(seconds[1])) if seconds else None

    def _poll(self, location: str | None) -> None:
        if not location or not urlsplit(location).scheme:  # new Uri() takes absolute ones alone
            self.complete(failed=True)
            return
        self._make(requests.poll(self._request, location))
