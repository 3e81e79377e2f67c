"""Messages on their way to instances: at once, or when their time has come."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Iterable

from functions_emulator.durable.clock import Clock
from functions_emulator.durable.instance import Message

# However far the next timer is, look at the clock now and then: a laptop may have slept.
LONGEST_SLEEP = 60.0


class Mailbox:
    """Keep an inbox for each instance and tell which instance has something to read.

    While an instance is being read (from `take` to `done`) it is not announced again, so that
    it is in one turn at a time. `clearings` tells a turn that all has been dropped meanwhile.
    """

    def __init__(self, clock: Clock, announce: Callable[[str], None]) -> None:
        self._clock = clock
        self._announce = announce
        self._inboxes: dict[str, list[Message]] = {}
        self._announced: set[str] = set()
        self._held: dict[str, asyncio.TimerHandle] = {}
        self._later: dict[int, Message] = {}
        self._later_of: dict[str, set[int]] = {}
        self._order: list[tuple[float, int]] = []
        self._wake = asyncio.Event()
        self.clearings = 0
        clock.on_advance(self._wake.set)

    @property
    def has_mail(self) -> bool:
        """Tell whether an instance has something to read, or is about to: a timer is due."""
        due = self.next_due
        return bool(self._inboxes) or (due is not None and due <= self._clock.now().timestamp())

    @property
    def next_due(self) -> float | None:
        """Tell when the next message is due, in seconds since 1970."""
        while self._order and self._order[0][1] not in self._later:
            heapq.heappop(self._order)
        return self._order[0][0] if self._order else None

    def clear(self) -> None:
        """Drop all that is on its way to anybody, and what turns under way return or send."""
        self.clearings += 1
        for mail in (self._inboxes, self._later, self._later_of, self._order):
            mail.clear()
        for instance_id, handle in list(self._held.items()):
            handle.cancel()
            self._let_go(instance_id)

    def put(self, message: Message) -> None:
        """Take a message that has been committed."""
        if message.due is not None and message.due > self._clock.now().timestamp():
            self._put_later(message, message.due)
            return
        self._inboxes.setdefault(message.instance_id, []).append(message)
        self._announce_once(message.instance_id)

    def put_all(self, messages: Iterable[Message]) -> None:
        """Take several messages."""
        for message in messages:
            self.put(message)

    def take(self, instance_id: str) -> list[Message]:
        """Empty the inbox of an announced instance."""
        return self._inboxes.pop(instance_id, [])

    def put_back(self, instance_id: str, messages: list[Message]) -> None:
        """Return messages whose turn could not be committed, before any newer ones."""
        self._inboxes[instance_id] = messages + self._inboxes.get(instance_id, [])

    def hold(self, instance_id: str, seconds: float) -> None:
        """Announce the instance that is being read no sooner than that."""
        loop = asyncio.get_running_loop()
        self._held[instance_id] = loop.call_later(seconds, self._let_go, instance_id)

    def _let_go(self, instance_id: str) -> None:
        del self._held[instance_id]
        self.done(instance_id)

    def done(self, instance_id: str) -> None:
        """Allow the instance to be announced again, and do so if more has come."""
        if instance_id in self._held:
            return
        self._announced.discard(instance_id)
        if instance_id in self._inboxes:
            self._announce_once(instance_id)

    def forget(self, instance_id: str) -> None:
        """Drop all that is on its way to an instance that has ended."""
        self._inboxes.pop(instance_id, None)
        for id_ in self._later_of.pop(instance_id, ()):
            del self._later[id_]
        if len(self._order) > 2 * len(self._later) + 100:
            self._order = [(due, id_) for due, id_ in self._order if id_ in self._later]
            heapq.heapify(self._order)

    def _put_later(self, message: Message, due: float) -> None:
        self._later[message.id] = message
        self._later_of.setdefault(message.instance_id, set()).add(message.id)
        heapq.heappush(self._order, (due, message.id))
        if self._order[0][1] == message.id:
            self._wake.set()

    def _take_later(self, id_: int) -> Message | None:
        message = self._later.pop(id_, None)
        if message is not None:
            ids = self._later_of[message.instance_id]
            ids.discard(id_)
            if not ids:
                del self._later_of[message.instance_id]
        return message

    def _announce_once(self, instance_id: str) -> None:
        if instance_id not in self._announced:
            self._announced.add(instance_id)
            self._announce(instance_id)

    async def run_timers(self) -> None:
        """Move messages into their inboxes when their time has come, for ever."""
        while True:
            self._wake.clear()
            now = self._clock.now().timestamp()
            while self._order and self._order[0][0] <= now:
                message = self._take_later(heapq.heappop(self._order)[1])
                if message is not None:
                    self.put(message)
            delay = min(self._order[0][0] - now, LONGEST_SLEEP) if self._order else None
            try:
                await asyncio.wait_for(self._wake.wait(), delay)
            except asyncio.TimeoutError:
                continue
