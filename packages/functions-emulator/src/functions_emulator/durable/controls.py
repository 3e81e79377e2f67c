"""What a test does to orchestrations: moves their clock, asks whether they rest, forgets them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions_emulator.durable import reading, statements
from functions_emulator.durable.clock import Clock
from functions_emulator.durable.engine import Engine
from functions_emulator.durable.fakes import Fakes
from functions_emulator.durable.store import Store

_CLOCK_OFFSET = "clock_offset_seconds"

log = logging.getLogger("functions_emulator.durable")


@dataclass(frozen=True)
class Pause:
    """Hold what a test needs to know before it moves the clock.

    `changes` counts the changes of state: the same number means that nothing has happened.
    """

    now: datetime
    next_timer: datetime | None
    at_work: bool
    changes: int


class Controls:
    """Controls of a running engine."""

    def __init__(self, store: Store, clock: Clock, engine: Engine, fakes: Fakes) -> None:
        self._store = store
        self._clock = clock
        self._engine = engine
        self._fakes = fakes

    def advance_clock(self, seconds: float) -> datetime:
        """Move the orchestration clock forward and tell the new time; ValueError for a step back.

        The state file keeps the step: after a restart time does not run backwards.
        """
        return self._clock.advance(seconds)

    def pause(self) -> Pause:
        """Tell what keeps the orchestrations from resting, and until when they rest."""
        engine = self._engine
        return Pause(
            self._clock.now(), engine.next_timer(), engine.is_at_work(), self._store.changes
        )

    def skip_to_next_timer(self, changes: int) -> bool:
        """Move the clock to the next timer if nothing is under way and nothing has changed since.

        `changes` is the `Pause.changes` of whoever looked at an instance after it, and before this.
        """
        pause = self.pause()
        if pause.at_work or pause.changes != changes or pause.next_timer is None:
            return False
        self.advance_clock(max((pause.next_timer - pause.now).total_seconds(), 0))
        return True

    async def reset(self) -> None:
        """Forget every instance, every fake, and how far the clock was moved."""
        self._fakes.clear()
        await self._engine.reset()
        self._clock.reset()


def kept_clock(store: Store) -> Clock:
    """Make the clock of an open state file, which knows how far it is ahead and keeps each step."""
    offset = timedelta(seconds=float(reading.setting(store.connection, _CLOCK_OFFSET) or 0))
    if offset:
        seconds = offset.total_seconds()
        log.warning("The orchestration clock of this state file is %.0f s ahead", seconds)
    clock = Clock(offset)

    def keep() -> None:
        written = str(clock.offset / timedelta(seconds=1))
        store.commit([statements.put_setting(_CLOCK_OFFSET, written)])
        store.flush()

    clock.on_advance(keep)
    return clock
