from functions_emulator.pool.restarts import Restarts


def delays(restarts: Restarts, count: int) -> list[float]:
    return [restarts.delay(lived=1.0) for _ in range(count)]


def test_the_first_start_is_at_once_and_the_next_ones_wait_longer_and_longer() -> None:
    restarts = Restarts(workers=1)
    assert delays(restarts, 3) == [0.0, 1.0, 2.0]
    assert not restarts.exceeded
    later = delays(restarts, 6)
    assert restarts.exceeded
    assert later == sorted(later) and later[-1] == 60.0


def test_every_worker_may_end_once_at_no_cost() -> None:
    restarts = Restarts(workers=2)
    assert delays(restarts, 4) == [0.0, 0.0, 1.0, 1.0]
    delays(restarts, 2)
    assert not restarts.exceeded
    delays(restarts, 1)
    assert restarts.exceeded


def test_a_worker_that_was_there_for_long_is_replaced_at_once() -> None:
    restarts = Restarts(workers=1)
    delays(restarts, 5)
    assert restarts.delay(lived=10.0) == 0.0
    assert not restarts.exceeded
