import pytest

from functions_emulator.triggers.backoff import PollingBackoff


def middle(low: float, high: float) -> float:
    return (low + high) / 2


def delays(backoff: PollingBackoff, found: list[bool]) -> list[float]:
    return [round(backoff.next_delay(each), 3) for each in found]


def test_delays_about_double_until_the_longest() -> None:
    backoff = PollingBackoff(2.0, uniform=middle)
    assert delays(backoff, [False] * 7) == [0.1, 0.2, 0.3, 0.5, 0.9, 1.7, 2.0]
    assert delays(backoff, [False] * 2) == [2.0, 2.0]


def test_a_message_makes_polling_fast_again() -> None:
    backoff = PollingBackoff(1.0, uniform=middle)
    assert delays(backoff, [False] * 6)[-1] == 1.0
    assert delays(backoff, [True, False, False]) == [0.1, 0.2, 0.3]


@pytest.mark.parametrize(("pick", "expected"), [(min, 0.18), (max, 0.22)])
def test_delays_are_spread_by_a_fifth(pick: object, expected: float) -> None:
    backoff = PollingBackoff(60.0, uniform=lambda *limits: pick(limits))  # type: ignore[operator]
    assert delays(backoff, [False, False])[-1] == expected


def test_the_shortest_maximum_is_kept_at_once() -> None:
    assert delays(PollingBackoff(0.1, uniform=middle), [False] * 3) == [0.1] * 3
