"""The queue trigger on a queue in memory: how often a message is tried, and how it stops."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from functions_emulator.app.functions import Binding, FunctionDefinition
from functions_emulator.app.settings import QueueSettings
from functions_emulator.triggers.invocation import Outcome
from functions_emulator.triggers.queue import QueueBinding, QueueListener
from functions_emulator.triggers.queue_storage import QueueStorage

WORK = FunctionDefinition("Work", None, Binding("msg", "queueTrigger", "in"))


class Queue:
    """A queue as the SDK's client shows it; a message that was taken is hidden until released."""

    def __init__(self, name: str) -> None:
        self.queue_name = name
        self.visible: deque[Any] = deque()
        self.hidden: dict[str, Any] = {}
        self.pages: list[int] = []
        self.released: list[int] = []

    def put(self, text: str, count: int = 0) -> None:
        number = len(self.visible) + len(self.hidden)
        self.visible.append(
            SimpleNamespace(
                id=f"m-{number}",
                content=text,
                dequeue_count=count,
                pop_receipt="p",
                expires_on=None,
                inserted_on=None,
                next_visible_on=None,
            )  # fmt: skip
        )

    def receive_messages(self, messages_per_page: int, visibility_timeout: int) -> Queue:
        self.pages.append(messages_per_page)
        return self

    async def by_page(self) -> AsyncIterator[AsyncIterator[Any]]:
        some = [self.visible.popleft() for _ in range(min(self.pages[-1], len(self.visible)))]
        for message in some:
            message.dequeue_count += 1
            self.hidden[message.id] = message

        async def page() -> AsyncIterator[Any]:
            for message in some:
                yield message

        yield page()

    async def delete_message(self, id_: str, pop_receipt: str) -> None:
        del self.hidden[id_]

    async def update_message(
        self, id_: str, pop_receipt: str, visibility_timeout: int
    ) -> SimpleNamespace:
        self.released.append(visibility_timeout)
        self.visible.append(self.hidden.pop(id_))
        return SimpleNamespace(pop_receipt=pop_receipt)

    async def send_message(self, text: str) -> None:
        self.put(text)


class Storage(QueueStorage):
    """Queues in memory, by name."""

    def __init__(self) -> None:
        super().__init__("none")
        self.queues: dict[str, Queue] = {}

    def client(self, connection_string: str, queue_name: str) -> Any:
        return self.queues.setdefault(queue_name, Queue(queue_name))


class Invoker:
    """Runs until it is let go; then a message succeeds, or fails so many times first."""

    def __init__(self, fails: int = 0) -> None:
        self.tries: list[str] = []
        self.go = asyncio.Event()
        self.running = 0
        self.most = 0
        self._fails = fails

    async def invoke(
        self, function: FunctionDefinition, trigger: Any, metadata: Any, *rest: Any
    ) -> Outcome:
        self.tries.append(trigger.value)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await self.go.wait()
        finally:
            self.running -= 1
        failed = metadata["DequeueCount"].value <= self._fails
        return Outcome("id", ValueError("no") if failed else None)


class Listening:
    """A listener at work."""

    def __init__(self, invoker: Invoker, **settings: Any) -> None:
        self.storage, self.invoker = Storage(), invoker
        chosen = QueueSettings(**{"max_polling_interval": timedelta(milliseconds=1), **settings})
        chosen_invoker: Any = invoker
        binding = QueueBinding(WORK, "connection", "work")
        self.listener = QueueListener(binding, self.storage, chosen, chosen_invoker)
        self.queue = self.storage.queues["work"]
        self.poison = self.storage.queues["work-poison"]
        self._polling: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._polling = asyncio.ensure_future(self.listener.run())

    async def stop(self, seconds: float) -> None:
        self.listener.stop()
        await self.listener.drain(seconds)
        assert self._polling is not None
        await asyncio.wait_for(self._polling, 1)


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 10))


async def until(condition: Any) -> None:
    while not condition():
        await asyncio.sleep(0.001)


@pytest.mark.parametrize(("fails", "tries", "poisoned"), [(0, 1, 0), (4, 5, 0), (5, 5, 1)])
def test_a_message_is_tried_five_times_and_then_poisoned(
    fails: int, tries: int, poisoned: int
) -> None:
    async def main() -> None:
        at_work = Listening(Invoker(fails))
        at_work.invoker.go.set()
        at_work.queue.put("text")
        at_work.start()
        await until(lambda: not at_work.queue.visible and not at_work.queue.hidden)
        await at_work.stop(1)
        assert at_work.invoker.tries == ["text"] * tries
        assert [message.content for message in at_work.poison.visible] == ["text"] * poisoned
        assert at_work.queue.released == [0] * (tries - 1)

    run(main())


@pytest.mark.parametrize(("count", "tries"), [(4, 1), (5, 0)])
def test_a_message_that_was_taken_five_times_is_poisoned_without_a_try(
    count: int, tries: int
) -> None:
    """As after five crashes of the host, which none of them told."""

    async def main() -> None:
        at_work = Listening(Invoker())
        at_work.invoker.go.set()
        at_work.queue.put("text", count)
        at_work.start()
        await until(lambda: not at_work.queue.visible and not at_work.queue.hidden)
        await at_work.stop(1)
        assert len(at_work.invoker.tries) == tries
        assert len(at_work.poison.visible) == 1 - tries

    run(main())


def test_a_batch_that_is_full_takes_no_more_until_there_is_room() -> None:
    async def main() -> None:
        at_work = Listening(Invoker(), batch_size=4, new_batch_threshold=2)
        for number in range(20):
            at_work.queue.put(str(number))
        at_work.start()
        await until(lambda: at_work.invoker.running == 4)
        for _ in range(20):
            await asyncio.sleep(0)
        assert (at_work.queue.pages, len(at_work.queue.visible)) == ([4], 16)
        at_work.invoker.go.set()
        await until(lambda: not at_work.queue.visible and not at_work.queue.hidden)
        assert len(at_work.invoker.tries) == 20 and at_work.invoker.most <= 4 + 2
        await at_work.stop(1)

    run(main())


def test_a_stop_with_a_full_batch_lets_it_end_and_takes_no_more() -> None:
    async def main() -> None:
        at_work = Listening(Invoker(), batch_size=4, new_batch_threshold=0)
        for number in range(10):
            at_work.queue.put(str(number))
        at_work.start()
        await until(lambda: at_work.invoker.running == 4)
        stopping = asyncio.ensure_future(at_work.stop(5))
        await asyncio.sleep(0)
        assert not stopping.done()
        at_work.invoker.go.set()
        await stopping
        assert len(at_work.invoker.tries) == 4
        assert [message.content for message in at_work.queue.visible] == list("456789")
        assert at_work.queue.hidden == {}

    run(main())


def test_a_stop_hands_back_a_full_batch_that_does_not_end_in_time() -> None:
    async def main() -> None:
        at_work = Listening(Invoker(), batch_size=4, new_batch_threshold=0)
        for number in range(6):
            at_work.queue.put(str(number))
        at_work.start()
        await until(lambda: at_work.invoker.running == 4)
        await at_work.stop(0.01)
        assert sorted(message.content for message in at_work.queue.visible) == list("012345")
        assert (at_work.queue.hidden, at_work.queue.released) == ({}, [0] * 4)
        await until(lambda: at_work.invoker.running == 0)

    run(main())


def test_a_batch_that_comes_as_the_listener_stops_is_handed_back_untried() -> None:
    async def main() -> None:
        at_work = Listening(Invoker(), batch_size=4)
        receive = at_work.queue.by_page

        async def stopped_meanwhile() -> AsyncIterator[AsyncIterator[Any]]:
            at_work.listener.stop()
            async for page in receive():
                yield page

        at_work.queue.by_page = stopped_meanwhile  # type: ignore[method-assign]
        for number in range(3):
            at_work.queue.put(str(number))
        at_work.start()
        await at_work.stop(1)
        assert at_work.invoker.tries == []
        assert (len(at_work.queue.visible), at_work.queue.hidden) == (3, {})

    run(main())
