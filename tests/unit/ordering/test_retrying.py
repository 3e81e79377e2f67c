import time

import pytest

from ordering.errors import Contention
from ordering.retrying import Pace, retry


class Changed(Exception):
    """What is tried again on."""


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture(autouse=True)
def fake_time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    fake = FakeTime()
    monkeypatch.setattr(time, "sleep", fake.sleep)
    monkeypatch.setattr(time, "monotonic", lambda: fake.now)
    return fake


class Failing:
    """Raises an error so many times, then answers with the number of calls."""

    def __init__(self, times: int, error: Exception) -> None:
        self.times, self.error, self.calls = times, error, 0

    def __call__(self) -> int:
        self.calls += 1
        if self.calls <= self.times:
            raise self.error
        return self.calls


def test_the_first_try_is_made_at_once(fake_time: FakeTime) -> None:
    assert retry("x", lambda: "done", on=Changed) == "done"
    assert fake_time.pauses == []


def test_it_tries_until_nothing_changed(fake_time: FakeTime) -> None:
    assert retry("x", Failing(3, Changed()), on=Changed) == 4
    assert len(fake_time.pauses) == 3


def test_pauses_grow_to_their_limit_and_are_random(fake_time: FakeTime) -> None:
    retry("x", Failing(200, Changed()), on=Changed, pace=Pace(1, 8, 10**6))
    limits = [1, 2, 4, *[8] * 197]
    assert all(0 <= pause <= limit for pause, limit in zip(fake_time.pauses, limits, strict=True))
    assert max(fake_time.pauses) > 4
    assert len(set(fake_time.pauses)) > 100


@pytest.mark.parametrize(
    ("took", "limits"), [(0.02, [0.16, 0.32, 0.5]), (0.001, [0.01, 0.02, 0.04])]
)
def test_pauses_are_longer_where_a_try_takes_longer(
    took: float, limits: list[float], fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.uniform", lambda least, most: most)
    failing = Failing(3, Changed())

    def attempt() -> int:
        fake_time.now += took
        return failing()

    retry("x", attempt, on=Changed)
    assert fake_time.pauses == pytest.approx(limits)


def test_it_gives_up_in_time_and_says_at_what(fake_time: FakeTime) -> None:
    last = Changed("the row")
    with pytest.raises(Contention, match="Reserving o-1: others kept changing") as caught:
        retry("Reserving o-1", Failing(10**6, last), on=Changed, pace=Pace(1, 2, 30))
    assert 100 < fake_time.now <= 130
    assert caught.value.__cause__ is last


def test_the_usual_pace_is_short_at_first_half_a_second_at_most_and_twenty_seconds_in_all(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.uniform", lambda least, most: most)
    with pytest.raises(Contention, match=r"for 20 s \(45 tries\)"):
        retry("x", Failing(10**6, Changed()), on=Changed)
    growing = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32]
    assert fake_time.pauses == pytest.approx([*growing, *[0.5] * 38])


def test_another_error_passes_at_once(fake_time: FakeTime) -> None:
    with pytest.raises(ValueError, match="mine"):
        retry("x", Failing(1, ValueError("mine")), on=Changed)
    assert fake_time.pauses == []
