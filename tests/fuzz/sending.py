"""Sends inputs and looks at each answer: one process of several."""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

import requests
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import HypothesisWarning
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi import checks as conformance

from clients.failed_events import HIDDEN
from tests.e2e.event_queue import EventQueue
from tests.fuzz.inputs import Message, Plain, all_inputs
from tools.http_client import request

LARGEST = 64 * 1024
# A canary: no log may show it.
FUNCTION_KEY = "canary-of-a-function-key"
CHECKS = [
    conformance.status_code_conformance,
    conformance.content_type_conformance,
    conformance.response_schema_conformance,
]
# As an operator would, who else found nothing: after each, what failed is removed.
_BATCH = 250
_MOST_TROUBLES = 20
_TOLD = 5_000
# What the host answers for a path or a method that is no route, and not the app.
_OF_THE_HOST = (400, 404, 405)


@dataclass
class Sent:
    """What one process has sent, how it was answered, and what was wrong with that."""

    inputs: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    largest: int = 0
    troubles: list[str] = field(default_factory=list)


def send_many(base_url: str, storage: str, first_seed: int, inputs: int, pipe: Connection) -> None:
    """Send so many inputs, and tell what came of it."""
    warnings.filterwarnings("ignore", "Generating overly large repr", HypothesisWarning)
    sender = Sender(base_url, storage)
    batch = first_seed
    while sender.sent.inputs < inputs and len(sender.sent.troubles) < _MOST_TROUBLES:
        before = sender.sent.inputs
        sender.batch(batch, min(_BATCH, inputs - before))
        batch += 1
        sender.queue.clear_poison()
        if before // _TOLD < sender.sent.inputs // _TOLD:
            print(f"  {sender.sent.inputs:,} of {inputs:,} inputs of this sender", flush=True)
    pipe.send(sender.sent)
    sender.queue.close()


class Sender:
    """Sends to one app."""

    def __init__(self, base_url: str, storage: str) -> None:
        self.sent = Sent()
        self.queue = EventQueue(storage)
        self._base_url = base_url
        self._session = requests.Session()
        self._inputs = all_inputs()

    def batch(self, number: int, inputs: int) -> None:
        """Send the inputs of a seed, in the sequence that the seed gives."""
        before = self.sent.inputs

        @seed(number)
        @settings(
            max_examples=inputs,
            database=None,
            deadline=None,
            derandomize=False,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(self._inputs)
        def send(one: Any) -> None:
            self.send(one)

        send()
        # Hypothesis ends early where it has given all there is.
        assert self.sent.inputs > before

    def send(self, one: Any) -> None:
        """Send one input and note what is wrong with the answer."""
        self.sent.inputs += 1
        if isinstance(one, Message):
            self.queue.send_body(one.body)
            self.sent.answers["message"] += 1
        elif isinstance(one, Plain):
            headers = {"x-functions-key": FUNCTION_KEY}
            answer = request(one.method, self._base_url + one.path, one.body, headers=headers)
            self._look(answer.status, len(answer.body), one, answer.text)
        else:
            self._send_case(one)

    def _send_case(self, case: Any) -> None:
        try:
            answer = case.call(
                base_url=self._base_url,
                session=self._session,
                headers={"x-functions-key": FUNCTION_KEY},
                timeout=60,
            )
        except (requests.RequestException, UnicodeError, ValueError) as error:
            # The client itself cannot send it.
            self.sent.answers[f"unsendable ({type(error).__name__})"] += 1
            if isinstance(error, requests.ConnectionError | requests.Timeout):
                self._trouble(f"{case.method} {case.formatted_path}: {error!r}")
            return
        self._look(answer.status_code, len(answer.content), case.as_curl_command(), answer.text)
        if "error" not in answer.text and answer.status_code in _OF_THE_HOST:
            return
        try:
            case.validate_response(answer, checks=CHECKS)
        except (Failure, FailureGroup) as error:
            self._trouble(f"{case.as_curl_command()}: {error}")

    def _look(self, status: int, size: int, what: Any, text: str) -> None:
        self.sent.answers[str(status)] += 1
        self.sent.largest = max(self.sent.largest, size)
        # Whoever looks for a failed event hides the others meanwhile, and says so with a 503.
        is_hidden = status == 503 and HIDDEN in text
        if (status == 0 or status >= 500) and not is_hidden:
            self._trouble(f"{status} for {str(what)[:500]}: {text[:300]}")
        if size > LARGEST:
            self._trouble(f"{size} bytes for {str(what)[:500]}")

    def _trouble(self, text: str) -> None:
        self.sent.troubles.append(text)
        print(text[:700], file=sys.stderr, flush=True)
