import asyncio
import base64
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import azure.functions as func
import pytest

from functions_emulator.app.functions import Binding
from functions_emulator.app.settings import QueueSettings
from tests.integration.conftest import (
    FAST,
    Queues,
    Switch,
    listening,
    queue_function,
    run,
    until,
)


class Seen:
    """A function that notes its messages; `fails` says how often each one fails first."""

    def __init__(self, fails: int = 0) -> None:
        self.messages: list[func.QueueMessage] = []
        self.times: list[float] = []
        self._fails = fails

    def __call__(self, msg: func.QueueMessage) -> None:
        self.messages.append(msg)
        self.times.append(time.monotonic())
        if (msg.dequeue_count or 0) <= self._fails:
            raise ValueError("not yet")

    @property
    def bodies(self) -> list[str]:
        return [message.get_body().decode() for message in self.messages]


def settings(**changes: Any) -> QueueSettings:
    return QueueSettings(**{**vars(FAST), **changes})


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


async def quickest_start(
    seen: Seen, idle: float, send: Callable[[], Awaitable[None]], wanted: float
) -> float:
    """Tell how soon a message on an idle queue starts its function.

    A busy machine may have something else to do just then: it gets some tries.
    """
    quickest = float("inf")
    for tries in range(1, 6):
        await asyncio.sleep(idle)
        await send()
        sent = time.monotonic()
        await until(lambda tries=tries: len(seen.times) == tries)
        quickest = min(quickest, seen.times[-1] - sent)
        if quickest < wanted:
            break
    return quickest


def test_a_message_starts_its_function_and_is_deleted(queues: Queues) -> None:
    queues.create("work")
    queues.send("work", '{"a": "ä"}')
    seen = Seen()

    async def main() -> None:
        async with listening(queues.connection_string, queue_function(seen)):
            await until(lambda: queues.count("work") == 0)

    before = datetime.now(timezone.utc)
    run(main())
    (message,) = seen.messages
    assert message.get_json() == {"a": "ä"}
    assert message.dequeue_count == 1
    assert message.id and message.pop_receipt
    assert message.insertion_time and message.expiration_time and message.time_next_visible
    assert abs(message.insertion_time - before) < timedelta(minutes=1)
    assert message.expiration_time - message.insertion_time == timedelta(days=7)
    assert timedelta(minutes=9) < message.time_next_visible - before < timedelta(minutes=11)


def test_an_async_function_works_too(queues: Queues) -> None:
    queues.create("work")
    queues.send("work", "one")
    bodies = []

    async def work(msg: func.QueueMessage) -> None:
        await asyncio.sleep(0)
        bodies.append(msg.get_body())

    async def main() -> None:
        async with listening(queues.connection_string, queue_function(work)):
            await until(lambda: queues.count("work") == 0)

    run(main())
    assert bodies == [b"one"]


def test_a_queue_that_is_missing_is_waited_for(
    queues: Queues, caplog: pytest.LogCaptureFixture
) -> None:
    seen = Seen()

    async def main() -> None:
        async with listening(queues.connection_string, queue_function(seen)):
            await asyncio.sleep(0.5)  # Polls of a missing queue: they neither create nor complain.
            assert queues.count("work") == -1
            queues.create("work")
            queues.send("work", "late")
            await until(lambda: seen.bodies == ["late"])

    run(main())
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_message_on_an_idle_queue_starts_within_the_polling_interval(queues: Queues) -> None:
    queues.create("work")
    seen = Seen()
    longest = timedelta(seconds=1)

    async def main() -> None:
        patient = settings(max_polling_interval=longest)
        async with listening(queues.connection_string, queue_function(seen), settings=patient):

            async def send() -> None:
                await asyncio.to_thread(queues.send, "work", "now")

            # Four seconds are long enough for the delay to be at its longest.
            quickest = await quickest_start(seen, 4, send, longest.total_seconds() + 0.5)
            assert quickest < longest.total_seconds() + 0.5

    run(main())


def test_failed_tries_are_spaced_and_counted_and_end_in_the_poison_queue(queues: Queues) -> None:
    queues.create("work")
    queues.send("work", "bad")
    seen = Seen(fails=99)

    async def main() -> None:
        spaced = settings(visibility_timeout=timedelta(seconds=3))
        async with listening(queues.connection_string, queue_function(seen), settings=spaced):
            await until(lambda: queues.count("work-poison") == 1 and queues.count("work") == 0)
            assert time.monotonic() - seen.times[-1] < 2.8  # Not after another delay.

    run(main())
    assert [message.dequeue_count for message in seen.messages] == [1, 2, 3]
    first, second, third = seen.times
    assert second - first > 2.9 and third - second > 2.9
    assert queues.peek("work-poison") == [encoded("bad")]


def test_a_message_that_succeeds_at_the_last_try_is_not_poisoned(queues: Queues) -> None:
    queues.create("work")
    queues.send("work", "slow start")
    seen = Seen(fails=2)

    async def main() -> None:
        async with listening(queues.connection_string, queue_function(seen)):
            await until(lambda: len(seen.messages) == 3 and queues.count("work") == 0)

    run(main())
    assert queues.count("work-poison") == -1


def test_a_message_taken_too_often_is_poisoned_without_a_run(queues: Queues) -> None:
    queues.create("work")
    queues.send("work", "kills the host")
    for _ in range(3):
        (message,) = queues.client("work").receive_messages(max_messages=1, visibility_timeout=1)
        queues.client("work").update_message(message, visibility_timeout=0)
    seen = Seen()

    async def main() -> None:
        async with listening(queues.connection_string, queue_function(seen)):
            await until(lambda: queues.count("work-poison") == 1 and queues.count("work") == 0)

    run(main())
    assert seen.messages == []
    assert queues.peek("work-poison") == [encoded("kills the host")]


@pytest.mark.parametrize("text", ["plain text", '{"instanceID": "x"}', "<&>", "abc"])
def test_a_message_that_does_not_decode_goes_to_poison_as_it_is(
    queues: Queues, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    queues.create("work")
    queues.send_raw("work", text)
    seen = Seen()

    async def main() -> None:
        async with listening(queues.connection_string, queue_function(seen)):
            await until(lambda: queues.count("work-poison") == 1 and queues.count("work") == 0)

    run(main())
    assert seen.messages == []
    assert queues.peek("work-poison") == [text]
    assert "Message decoding has failed! Check MessageEncoding settings." in caplog.text


def test_without_encoding_the_text_is_taken_as_it_is(queues: Queues) -> None:
    queues.create("work")
    queues.send_raw("work", "plain ä")
    seen = Seen()

    async def main() -> None:
        plain = settings(message_encoding="none")
        async with listening(queues.connection_string, queue_function(seen), settings=plain):
            await until(lambda: seen.bodies == ["plain ä"])

    run(main())


def test_bytes_that_are_no_text_fail_and_are_poisoned(queues: Queues) -> None:
    queues.create("work")
    queues.send_raw("work", base64.b64encode(b"\xff\xfe").decode())
    seen = Seen()

    async def main() -> None:
        async with listening(queues.connection_string, queue_function(seen)):
            await until(lambda: queues.count("work-poison") == 1)

    run(main())
    assert seen.messages == []


def test_a_poison_queue_has_no_poison_queue_of_its_own(queues: Queues) -> None:
    queues.create("work-poison")
    queues.send("work-poison", "again")
    seen = Seen(fails=99)

    async def main() -> None:
        async with listening(queues.connection_string, queue_function(seen), "work-poison"):
            await until(lambda: bool(seen.messages))
            await asyncio.sleep(0.5)  # It must stay invisible, not spin.

    run(main())
    assert len(seen.messages) == 1
    assert queues.count("work-poison") == 1
    assert queues.count("work-poison-poison") == -1


def test_a_message_stays_invisible_while_its_function_runs(queues: Queues) -> None:
    queues.create("work")
    queues.send("work", "slow")
    runs = []

    async def work(msg: func.QueueMessage) -> None:
        runs.append(msg.dequeue_count)
        await asyncio.sleep(9)

    async def main() -> None:
        async with listening(
            queues.connection_string, queue_function(work), invisibility=timedelta(seconds=4)
        ):
            await until(lambda: queues.count("work") == 0)

    run(main())
    assert runs == [1]


def test_a_blocking_function_does_not_stop_renewals(queues: Queues) -> None:
    queues.create("work")
    queues.send("work", "slow")
    runs = []

    async def work(msg: func.QueueMessage) -> None:
        runs.append(msg.dequeue_count)
        time.sleep(9)

    async def main() -> None:
        async with listening(
            queues.connection_string, queue_function(work), invisibility=timedelta(seconds=4)
        ):
            await until(lambda: queues.count("work") == 0)

    run(main())
    assert runs == [1]


def test_a_message_of_a_killed_host_comes_back(queues: Queues) -> None:
    queues.create("work")
    queues.send("work", "again")
    (_,) = queues.client("work").receive_messages(max_messages=1, visibility_timeout=1)
    seen = Seen()

    async def main() -> None:
        async with listening(queues.connection_string, queue_function(seen)):
            await until(lambda: queues.count("work") == 0)

    run(main())
    assert [message.dequeue_count for message in seen.messages] == [2]


@pytest.mark.parametrize(("batch_size", "threshold", "at_once"), [(4, 2, 6), (1, 0, 1)])
def test_batch_size_and_threshold_bound_how_many_run_at_once(
    queues: Queues, batch_size: int, threshold: int, at_once: int
) -> None:
    queues.create("work")
    queues.send("work", *map(str, range(20)))
    running, most = 0, 0
    lock = threading.Lock()

    async def work(msg: func.QueueMessage) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        await asyncio.sleep(0.05)
        with lock:
            running -= 1

    async def main() -> None:
        bounded = settings(batch_size=batch_size, new_batch_threshold=threshold)
        async with listening(queues.connection_string, queue_function(work), settings=bounded):
            await until(lambda: queues.count("work") == 0)

    run(main())
    assert (most <= at_once, most >= batch_size) == (True, True)


def test_stopping_waits_for_running_functions_and_takes_no_more(queues: Queues) -> None:
    queues.create("work")
    queues.send("work", "first")
    started, release = threading.Event(), threading.Event()
    bodies = []

    def work(msg: func.QueueMessage) -> None:
        started.set()
        release.wait(5)
        bodies.append(msg.get_body())

    async def main() -> None:
        async with listening(queues.connection_string, queue_function(work)) as running:
            await asyncio.to_thread(started.wait, 10)
            running.listener.stop()
            await running.polling
            await asyncio.to_thread(queues.send, "work", "second")
            release.set()
            await running.listener.drain(5)
            assert not running.invoker.running

    run(main())
    assert bodies == [b"first"]
    assert queues.peek("work") == [encoded("second")]


def test_a_message_whose_function_outlasts_the_stop_is_handed_back_at_once(
    queues: Queues,
) -> None:
    queues.create("work")
    queues.send("work", "long")
    started, release = threading.Event(), threading.Event()

    def work(msg: func.QueueMessage) -> None:
        started.set()
        release.wait(10)

    async def main() -> None:
        async with listening(queues.connection_string, queue_function(work)) as running:
            await asyncio.to_thread(started.wait, 10)
            await running.stop(0.1)
            await until(lambda: queues.peek("work") == [encoded("long")])
            release.set()

    run(main())


def test_an_output_of_the_same_host_wakes_its_listener(queues: Queues) -> None:
    queues.create("first")
    queues.create("work")
    seen = Seen()

    async def main() -> None:
        asleep = settings(max_polling_interval=timedelta(seconds=30))
        async with listening(
            queues.connection_string, queue_function(seen), settings=asleep
        ) as running:
            client = running.storage.client(queues.connection_string, "work")

            async def send() -> None:
                await running.storage.send(client, running.storage.encode(b"quick"))

            # Into a delay that lasts until 3 seconds at least.
            assert await quickest_start(seen, 2.5, send, 0.4) < 0.4

    run(main())


def test_what_a_function_returns_is_put_on_the_queue_of_its_output(queues: Queues) -> None:
    queues.create("work")
    queues.send("work", "hello")
    output = Binding("$return", "queue", "out", {"queueName": "results"})

    def work(msg: func.QueueMessage) -> list[str]:
        return [msg.get_body().decode(), "second"]

    function = queue_function(work, bindings=(output,))
    function = type(function)(**{**vars(function), "return_converter": "queue"})

    async def main() -> None:
        async with listening(queues.connection_string, function):
            await until(lambda: queues.count("work") == 0)

    run(main())
    assert sorted(queues.peek("results")) == sorted([encoded("hello"), encoded("second")])


def test_a_switch_that_is_off_lets_nobody_through_who_was_just_connecting(queues: Queues) -> None:
    class Accepted:
        is_closed = False

        def close(self) -> None:
            self.is_closed = True

        async def wait_closed(self) -> None:
            """Wait for nothing."""

    async def main() -> None:
        accepted: Any = Accepted()
        async with Switch(queues.connection_string) as switch:
            await switch.off()
            # As asyncio does with a connection that it was accepting meanwhile.
            await switch._connect(asyncio.StreamReader(), accepted)
            assert accepted.is_closed and not switch._open

    run(main())


def test_storage_that_goes_away_is_logged_once_and_taken_up_again(
    queues: Queues, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    queues.create("work")
    seen = Seen()
    finish = threading.Event()

    def work(msg: func.QueueMessage) -> None:
        finish.wait(60)
        seen(msg)

    async def main() -> None:
        async with Switch(queues.connection_string) as switch:
            async with listening(switch.connection_string, queue_function(work)):
                await asyncio.to_thread(queues.send, "work", "during")
                await until(lambda: queues.peek("work") == [] and queues.count("work") == 1)
                await switch.off()
                await until(lambda: "cannot be polled" in caplog.text)
                finish.set()
                await until(lambda: "Deleting message" in caplog.text)
                await asyncio.sleep(1)  # More failing polls.
                await asyncio.to_thread(queues.send, "work", "after")
                await switch.on()
                await until(lambda: queues.count("work") == 0, 30)

    run(main())
    assert seen.bodies == ["during", "after"]
    assert caplog.text.count("cannot be polled") == 1
    assert caplog.text.count("Storage answers again") == 1
