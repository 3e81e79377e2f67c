import pytest

from benchmarks.growth import timing
from benchmarks.growth.timing import timed


def test_the_first_warms_up_and_each_is_prepared() -> None:
    seen: list[str] = []
    taken = timed("abc", lambda name: seen.append(f"do {name}"), lambda name: seen.append(name))
    assert seen == ["a", "do a", "b", "do b", "c", "do c"]
    assert len(taken) == 2


def test_a_slow_step_is_not_repeated_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "PATIENCE_MS", 0)
    seen: list[str] = []
    assert len(timed("abcdefgh", seen.append)) == timing.AT_LEAST
    assert seen == list("abcd")
