"""The clock of the orchestrations, which only the emulator lets a test move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from functions_emulator.testing.errors import FunctionsError
from functions_emulator.testing.waiting import Pauses
from functions_emulator.testing.web import WebClient

# A failure is shown where the test is, not here.
__tracebackhide__ = True


@dataclass(frozen=True)
class Rest:
    """How the app stands: at work, or at rest until the next timer, if there is one.

    `changes` is the same number as long as nothing has happened.
    """

    now: datetime | None
    next_timer: datetime | None
    at_work: bool
    changes: int
    running: tuple[str, ...]
    queued: tuple[str, ...]

    @classmethod
    def of(cls, body: dict[str, Any]) -> Rest:
        """Read the answer of the emulator."""
        now, due = body["now"], body["nextTimer"]
        return cls(
            datetime.fromisoformat(now) if now else None,
            datetime.fromisoformat(due) if due else None,
            bool(body["atWork"]),
            int(body["changes"]),
            tuple(body.get("running", ())),
            tuple(body.get("queued", ())),
        )

    @property
    def busy_with(self) -> str:
        """Name what is under way."""
        names = [*self.running, *(f"messages of queue {each}" for each in self.queued)]
        return ", ".join(names) or "an orchestrator or an activity"


class Clock:
    """Look at the emulator's clock and move it."""

    def __init__(self, web: WebClient) -> None:
        self._web = web

    def look(self) -> Rest:
        """Tell how the app stands."""
        return Rest.of(self._web.request("GET", "/admin/emulator/clock").json())

    def skip_to_next_timer(self, rest: Rest) -> bool:
        """Move to the next timer, if nothing has happened since `rest`; tell whether it moved."""
        body = {"changes": rest.changes}
        answer = self._web.request("POST", "/admin/emulator/clock/next", json=body)
        return bool(answer.json()["moved"])

    def wait_for_rest(self, seconds: float) -> Rest:
        """Wait until nothing is under way; FunctionsError when that takes too long."""
        pauses = Pauses(seconds)
        while (rest := self.look()).at_work:
            if pauses.are_over:
                raise FunctionsError(
                    f"the app is still at work after {seconds:g} s: {rest.busy_with}"
                )
            pauses.sleep()
        return rest

    def skip(self, duration: timedelta, seconds: float) -> None:
        """Let time pass, timer by timer: what one starts is done before the next is due."""
        if duration < timedelta():
            raise ValueError("time does not run backwards")
        rest = self.wait_for_rest(seconds)
        if rest.now is None:
            raise FunctionsError("the app has no durable functions, so there is no time to skip")
        start, end = rest.now, rest.now + duration
        pauses, timers = Pauses(seconds), 0
        while rest.now is not None and rest.now < end:
            if pauses.are_over:
                raise FunctionsError(
                    f"{rest.now - start} of {duration} passed in {seconds:g} s of real time, with "
                    f"{timers} timers; give skip() a longer timeout, or skip less"
                )
            if rest.next_timer is not None and rest.next_timer <= end:
                timers += self.skip_to_next_timer(rest)
            else:
                self._advance(end - rest.now)
            rest = self.wait_for_rest(seconds)

    def _advance(self, duration: timedelta) -> None:
        body = {"advanceSeconds": duration.total_seconds()}
        self._web.request("POST", "/admin/emulator/clock", json=body)
