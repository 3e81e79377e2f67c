import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from functions_emulator.durable.clock import Clock
from functions_emulator.durable.events import Recorded
from functions_emulator.durable.instance import Message
from functions_emulator.durable.mailbox import Mailbox

EVENT = Recorded({}, "{}")


def with_mailbox(test: Callable[[Mailbox, Clock, list[str]], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        announced: list[str] = []
        clock = Clock()
        mailbox = Mailbox(clock, announced.append)
        timers = asyncio.create_task(mailbox.run_timers())
        await asyncio.sleep(0)
        await test(mailbox, clock, announced)
        timers.cancel()

    asyncio.run(run())


def in_an_hour(clock: Clock, id_: int = 1, instance_id: str = "a") -> Message:
    due = (clock.now() + timedelta(hours=1)).timestamp()
    return Message(id_, instance_id, EVENT, due=due)


def test_an_instance_is_announced_once_until_its_turn_is_over() -> None:
    async def test(mailbox: Mailbox, clock: Clock, announced: list[str]) -> None:
        mailbox.put_all([Message(1, "a", EVENT), Message(2, "a", EVENT)])
        assert announced == ["a"]
        assert [message.id for message in mailbox.take("a")] == [1, 2]
        mailbox.put(Message(3, "a", EVENT))
        assert announced == ["a"]
        mailbox.done("a")
        assert announced == ["a", "a"]
        assert [message.id for message in mailbox.take("a")] == [3]
        mailbox.done("a")
        assert announced == ["a", "a"]

    with_mailbox(test)


def test_messages_put_back_come_before_newer_ones() -> None:
    async def test(mailbox: Mailbox, clock: Clock, announced: list[str]) -> None:
        mailbox.put(Message(1, "a", EVENT))
        taken = mailbox.take("a")
        mailbox.put(Message(2, "a", EVENT))
        mailbox.put_back("a", taken)
        mailbox.done("a")
        assert [message.id for message in mailbox.take("a")] == [1, 2]

    with_mailbox(test)


def test_a_timer_is_delivered_when_the_clock_is_moved_past_it() -> None:
    async def test(mailbox: Mailbox, clock: Clock, announced: list[str]) -> None:
        mailbox.put(in_an_hour(clock))
        clock.advance(3599)
        await asyncio.sleep(0.01)
        assert announced == []
        clock.advance(2)
        while not announced:
            await asyncio.sleep(0)
        assert [message.id for message in mailbox.take("a")] == [1]

    with_mailbox(test)


def test_a_timer_that_is_due_soon_is_delivered_in_real_time() -> None:
    async def test(mailbox: Mailbox, clock: Clock, announced: list[str]) -> None:
        mailbox.put(in_an_hour(clock, 1, "later"))
        due = (clock.now() + timedelta(milliseconds=20)).timestamp()
        mailbox.put(Message(2, "soon", EVENT, due=due))
        while not announced:
            await asyncio.sleep(0)
        assert announced == ["soon"]

    with_mailbox(test)


def test_an_overdue_timer_is_delivered_at_once() -> None:
    async def test(mailbox: Mailbox, clock: Clock, announced: list[str]) -> None:
        mailbox.put(Message(1, "a", EVENT, due=clock.now().timestamp() - 1))
        assert announced == ["a"]

    with_mailbox(test)


def test_nothing_is_kept_of_an_instance_that_is_forgotten() -> None:
    async def test(mailbox: Mailbox, clock: Clock, announced: list[str]) -> None:
        for number in range(500):
            mailbox.put(in_an_hour(clock, number, f"i{number}"))
            mailbox.forget(f"i{number}")
        assert len(mailbox._order) < 150 and not mailbox._later and not mailbox._later_of
        clock.advance(7200)
        await asyncio.sleep(0.01)
        assert announced == []

    with_mailbox(test)


def test_nothing_is_held_or_returned_after_all_was_dropped() -> None:
    async def test(mailbox: Mailbox, clock: Clock, announced: list[str]) -> None:
        mailbox.put(Message(1, "a", EVENT))
        mailbox.put_back("a", mailbox.take("a"))
        mailbox.hold("a", 3600)
        mailbox.done("a")
        mailbox.put(in_an_hour(clock))
        before = mailbox.clearings
        mailbox.clear()
        assert mailbox.clearings != before
        assert not mailbox.has_mail and mailbox.next_due is None
        mailbox.put(Message(2, "a", EVENT))
        assert announced == ["a", "a"]
        assert [message.id for message in mailbox.take("a")] == [2]

    with_mailbox(test)
