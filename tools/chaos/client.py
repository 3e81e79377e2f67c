"""A client of the app who repeats each request until it is answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from tools.audit.record import Record
from tools.chaos.journal import Journal
from tools.chaos.kinds import DEADLY
from tools.http_client import Response, request
from tools.processes import ToolError

# How long a request is repeated, and how long one try may take.
PATIENCE = 120.0
LONGEST = 40.0
# A killed worker is noticed within this.
_MARGIN = 3.0


class Client:
    """Keeps count of the answers in a record. Safe to share between threads.

    No answer and 503 may come at any time, and 500 from the host in place of a process that was
    killed meanwhile; any other 500 is the app's own fault.
    """

    def __init__(self, base_url: Callable[[], str], journal: Journal) -> None:
        self.record = Record()
        # What got a 500: when it was sent and answered, and which request it was.
        self._got_500: list[tuple[float, float, str]] = []
        self._base_url = base_url
        self._journal = journal
        self._lock = threading.Lock()

    def insist(
        self,
        method: str,
        path: str,
        body: Any = None,
        wanted: Collection[int] = (200,),
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Repeat a request until it is answered as wanted; raises ToolError if it is not."""
        end = time.monotonic() + PATIENCE
        while True:
            answer = self.ask(method, path, body, headers)
            if answer.status in wanted:
                return answer
            if answer.status not in (0, 500, 503) or time.monotonic() > end:
                raise ToolError(f"{method} {path} answered {answer.status}: {answer.text[:300]}")
            time.sleep(0.1)

    def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Send a request once; the answer is counted."""
        began = time.time()
        url = self._base_url() + path
        answer = request(method, url, body, timeout=LONGEST, headers=headers)
        with self._lock:
            if answer.status == 500:
                told = f"{method} {path} was answered with 500: {answer.text[:200]}"
                self._got_500.append((began, time.time(), told))
            elif answer.status:
                self.record.statuses[answer.status] += 1
        return answer

    @property
    def broken(self) -> list[str]:
        """What was answered with 500 while no process was killed.

        Known when a round is over: a kill is written down after the deed, so that its victims may
        have their answers before.
        """
        with self._lock:
            return [
                told
                for began, ended, told in self._got_500
                if not self._journal.has(DEADLY, began - _MARGIN, ended + _MARGIN)
            ]

    def manage(self, method: str, path: str) -> int:
        """Send a request to the host's own management API once; return the status.

        It answers 500 to what an order's state does not allow (HttpApiHandler.cs).
        """
        return request(method, self._base_url() + path, timeout=LONGEST).status
