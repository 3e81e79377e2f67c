import asyncio

import pytest
from aiohttp import web

from tools.chaos import wire
from tools.chaos.wire import lateness, suffer


def meet(how: str) -> tuple[web.Response | None, int]:
    """Return what a request that meets a fault is answered, and how often its work was done."""
    done = 0

    async def work() -> web.Response:
        nonlocal done
        done += 1
        return web.Response(text="done")

    answer = asyncio.run(
        suffer(f"storage-{how}", 4, work, lambda status: web.Response(status=status))
    )
    return answer, done


def test_a_reset_does_nothing_and_drops_the_connection() -> None:
    assert meet("reset") == (None, 0)


def test_a_lost_answer_comes_after_the_work() -> None:
    assert meet("lost") == (None, 1)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_refusal_does_nothing(status: int) -> None:
    answer, done = meet(str(status))
    assert answer is not None and (answer.status, done) == (status, 0)


def test_a_late_answer_is_that_of_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(wire.asyncio, "sleep", sleep)
    answer, done = meet("late")
    assert answer is not None and (answer.text, done) == ("done", 1)
    assert slept == [lateness(4, 11.0)]


def test_one_late_answer_in_ten_outlasts_the_client() -> None:
    waits = [lateness(number, 11.0) for number in range(1000)]
    assert 60 < sum(wait > 10 for wait in waits) < 140
    assert min(waits) > 0 and waits == [lateness(number, 11.0) for number in range(1000)]
