"""The calls of one worker: what is sent, what comes back, and what becomes of them at its end."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from azure.functions.meta import Datum

from functions_emulator import protocol
from functions_emulator.app.functions import Binding, FunctionDefinition
from functions_emulator.failures import FunctionError, WorkerLost
from functions_emulator.plain import to_plain
from functions_emulator.pool.calls import Calls, Invocation
from functions_emulator.protocol import Message, Unpacker

WORK = FunctionDefinition("Work", None, Binding("m", "queueTrigger", "in"))
ANSWER = to_plain({"$return": Datum("done", "string")})


class Wire:
    """What a worker gets, write by write."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.others: list[Message] = []
        self.calls = Calls(self.writes.append, self.others.append)

    def messages(self) -> list[Message]:
        unpacker = Unpacker()
        return [message for data in self.writes for message in unpacker.feed(data)]

    def call(self, text: str = "") -> "asyncio.Task[Any]":
        return asyncio.ensure_future(self.calls.make(Invocation(WORK, Datum(text, "string"))))


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 10))


async def turns_of_the_loop() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


def test_calls_of_one_turn_go_in_one_write_in_their_sequence() -> None:
    async def main() -> None:
        wire = Wire()
        made = [wire.call(text) for text in ("a", "b", "c")]
        await turns_of_the_loop()
        assert len(wire.writes) == 1
        sent = wire.messages()
        assert [list(message[:3]) for message in sent] == [
            [protocol.CALL, number, "Work"] for number in range(3)
        ]
        made.append(wire.call("d"))
        await turns_of_the_loop()
        assert len(wire.writes) == 2
        for each in made:
            each.cancel()

    run(main())


def test_each_call_gets_its_own_answer_in_whatever_sequence_they_come() -> None:
    async def main() -> None:
        wire = Wire()
        first, second = wire.call(), wire.call()
        await turns_of_the_loop()
        wire.calls.take([protocol.ERROR, 1, "ValueError", "no", "Traceback"])
        wire.calls.take([protocol.RESULT, 0, ANSWER])
        assert (await first)["$return"].value == "done"
        with pytest.raises(FunctionError, match="no"):
            await second
        assert wire.calls.pending == {}

    run(main())


def test_all_calls_of_a_worker_that_is_gone_fail_and_none_is_left() -> None:
    async def main() -> None:
        wire = Wire()
        made = [wire.call() for _ in range(16)]
        await turns_of_the_loop()
        wire.calls.fail_all(WorkerLost("it is gone"))
        assert wire.calls.pending == {}
        for each in made:
            with pytest.raises(WorkerLost, match="it is gone"):
                await each
        # What it said last comes too late, and disturbs nobody.
        wire.calls.take([protocol.RESULT, 3, ANSWER])
        wire.calls.take([protocol.ERROR, 4, "ValueError", "no", "Traceback"])

    run(main())


def test_an_answer_to_a_call_that_nobody_waits_for_any_more_is_dropped() -> None:
    async def main() -> None:
        wire = Wire()
        given_up, other = wire.call(), wire.call()
        await turns_of_the_loop()
        given_up.cancel()
        await turns_of_the_loop()
        wire.calls.take([protocol.RESULT, 0, ANSWER])
        wire.calls.take([protocol.RESULT, 1, ANSWER])
        assert (await other)["$return"].value == "done"
        assert given_up.cancelled() and wire.calls.pending == {}

    run(main())


def test_one_call_can_be_ended_without_the_others() -> None:
    async def main() -> None:
        wire = Wire()
        late, other = wire.call(), wire.call()
        await turns_of_the_loop()
        wire.calls.fail(0, TimeoutError("too long"))
        with pytest.raises(TimeoutError, match="too long"):
            await late
        assert list(wire.calls.pending) == [1]
        other.cancel()

    run(main())


def test_what_is_no_answer_goes_to_whoever_is_meant() -> None:
    async def main() -> None:
        wire = Wire()
        wire.calls.take([protocol.PONG, 7])
        assert wire.others == [[protocol.PONG, 7]]
        Calls(wire.writes.append).take([protocol.PONG, 7])

    run(main())
