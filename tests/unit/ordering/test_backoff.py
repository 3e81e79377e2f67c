import itertools

import pytest

from ordering.backoff import Backoff
from ordering.errors import Contention


class FakeTime:
    def __init__(self) -> None:
        self.now = 100.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def test_the_first_attempt_is_made_at_once() -> None:
    time = FakeTime()
    attempts = Backoff(sleep=time.sleep, clock=lambda: time.now).attempts("x")
    assert next(attempts) == 1
    assert time.pauses == []


def test_pauses_grow_to_their_limit() -> None:
    time = FakeTime()
    backoff = Backoff(first=1, longest=8, total=10**6, sleep=time.sleep, clock=lambda: time.now)
    list(itertools.islice(backoff.attempts("x"), 200))
    limits = [1, 2, 4, *[8] * 196]
    assert all(0 <= pause <= limit for pause, limit in zip(time.pauses, limits, strict=True))
    assert max(time.pauses) > 4


def test_it_gives_up_in_time_and_says_at_what() -> None:
    time = FakeTime()
    backoff = Backoff(first=1, longest=2, total=30, sleep=time.sleep, clock=lambda: time.now)
    with pytest.raises(Contention, match="Reserving o-1: others kept changing"):
        for _ in backoff.attempts("Reserving o-1"):
            pass
    assert 100 < time.now <= 130
