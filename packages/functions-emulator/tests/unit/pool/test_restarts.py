from functions_emulator.pool.restarts import FORGET_SECONDS, Restarts


def delays(restarts: Restarts, count: int, now: float = 0.0) -> list[float]:
    return [restarts.delay(now + number) for number in range(count)]


def test_the_first_start_is_at_once_and_the_next_ones_wait_longer_and_longer() -> None:
    restarts = Restarts(workers=1)
    assert delays(restarts, 3) == [0.0, 1.0, 2.0]
    assert not restarts.exceeded
    later = delays(restarts, 6, 3)
    assert restarts.exceeded
    assert later == sorted(later) and later[-1] == 60.0


def test_every_worker_may_end_once_at_no_cost() -> None:
    restarts = Restarts(workers=2)
    assert delays(restarts, 4) == [0.0, 0.0, 1.0, 1.0]
    delays(restarts, 2)
    assert not restarts.exceeded
    restarts.delay(6)
    assert restarts.exceeded


def test_ends_are_forgotten_after_a_quiet_half_hour() -> None:
    restarts = Restarts(workers=1)
    delays(restarts, 5)
    assert restarts.delay(4 + FORGET_SECONDS + 1) == 0.0
    assert not restarts.exceeded
