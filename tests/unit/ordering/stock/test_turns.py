import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from ordering.stock.turns import MOST_TOGETHER, Turns

PATIENCE = 30
ALONE = -1


def test_one_thread_at_a_time_works_on_a_sku() -> None:
    turns, working, most = Turns[int](), 0, 0
    start, pause = threading.Barrier(8), threading.Event()

    def work(_: int) -> None:
        nonlocal working, most
        start.wait()
        for _ in range(5):
            with turns.at(["TEA"]):
                working += 1
                most = max(most, working)
                pause.wait(0.001)
                working -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert most == 1


def test_other_skus_are_free_meanwhile() -> None:
    turns = Turns[int]()
    entered = threading.Event()

    def work() -> None:
        with turns.at(["MUG"]):
            entered.set()

    with turns.at(["TEA"]):
        other = threading.Thread(target=work)
        other.start()
        assert entered.wait(PATIENCE)
        other.join()


def test_no_two_orders_wait_for_each_other() -> None:
    turns = Turns[int]()
    skus = [f"SKU{number}" for number in range(6)]

    def work(seed: int) -> None:
        chance = random.Random(seed)
        for number in range(100):
            if number % 3:
                turns.together(number, chance.sample(skus, 3), lambda group: None)
            else:
                with turns.at(chance.sample(skus, 3)):
                    pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8), timeout=60))


def test_a_turn_at_nothing_is_free() -> None:
    with Turns[int]().at([]):
        pass


def test_a_turn_ends_with_an_error_too() -> None:
    turns = Turns[int]()
    for _ in range(2):
        with pytest.raises(KeyError), turns.at(["TEA"]):
            raise KeyError


class Busy:
    """Keeps some SKUs while others come, then lets go; tells how those were grouped."""

    def __init__(self, *skus: str) -> None:
        self.turns = Turns[int]()
        self.groups: list[list[int]] = []
        self._let_go, self._entered = threading.Event(), threading.Event()
        self._threads = [threading.Thread(target=self._keep, args=(skus,))]
        self._threads[0].start()
        assert self._entered.wait(PATIENCE)
        self.errors: list[BaseException] = []

    def _keep(self, skus: Sequence[str]) -> None:
        with self.turns.at(skus):
            self._entered.set()
            assert self._let_go.wait(PATIENCE)

    def come(self, number: int, *skus: str) -> None:
        """Come for some SKUs that are busy, and be waiting when this returns."""
        self._come(self._work, number, skus)

    def come_alone(self, *skus: str) -> None:
        """Come for a turn alone, and be waiting when this returns."""
        self._come(self._keep_for_a_moment, skus)

    def _come(self, wait: Callable[..., None], *arguments: object) -> None:
        waiting = len(self.turns._waiting)
        thread = threading.Thread(target=wait, args=arguments)
        self._threads.append(thread)
        thread.start()
        while len(self.turns._waiting) == waiting:
            threading.Event().wait(0.001)

    def _keep_for_a_moment(self, skus: Sequence[str]) -> None:
        with self.turns.at(skus):
            self.groups.append([ALONE])

    def _work(self, number: int, skus: Sequence[str]) -> None:
        try:
            self.turns.together(number, skus, self.work)
        except (KeyError, SystemExit) as error:
            self.errors.append(error)

    def work(self, group: Sequence[int]) -> None:
        self.groups.append(list(group))

    def let_go(self) -> list[list[int]]:
        self._let_go.set()
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        return sorted(self.groups)


def test_those_who_waited_for_a_sku_go_together() -> None:
    busy = Busy("TEA")
    for number in range(3):
        busy.come(number, "TEA")
    assert busy.let_go() == [[0, 1, 2]]


def test_those_who_waited_for_different_skus_go_apart() -> None:
    busy = Busy("TEA", "MUG")
    busy.come(0, "TEA")
    busy.come(1, "MUG")
    busy.come(2, "TEA")
    assert busy.let_go() == [[0, 2], [1]]


def test_who_needs_the_skus_of_two_groups_comes_after_both_and_before_those_behind() -> None:
    busy = Busy("TEA", "MUG")
    busy.come(0, "TEA")
    busy.come(1, "MUG")
    busy.come(2, "TEA", "MUG")
    busy.come(3, "TEA")
    assert busy.let_go() == [[0], [1], [2, 3]]


def test_a_group_takes_no_more_than_a_transaction_can() -> None:
    busy = Busy("TEA")
    for number in range(MOST_TOGETHER + 2):
        busy.come(number, "TEA")
    assert [len(group) for group in busy.let_go()] == [MOST_TOGETHER, 2]


def test_who_wants_a_turn_alone_joins_no_group_and_nobody_joins_him() -> None:
    busy = Busy("TEA")
    busy.come(0, "TEA")
    busy.come_alone("TEA")
    busy.come(1, "TEA")
    busy.come(2, "TEA")
    assert busy.let_go() == [[ALONE], [0], [1, 2]]


def test_nobody_joins_one_who_was_first_and_wants_a_turn_alone() -> None:
    busy = Busy("TEA")
    busy.come_alone("TEA")
    busy.come(0, "TEA")
    assert busy.let_go() == [[ALONE], [0]]


@pytest.mark.parametrize("error", [KeyError("away"), SystemExit(1)])
def test_whatever_ends_the_work_ends_it_for_the_whole_group_and_frees_the_skus(
    error: BaseException,
) -> None:
    busy = Busy("TEA")

    def fail(group: Sequence[int]) -> None:
        raise error

    busy.work = fail  # type: ignore[method-assign]
    for number in range(MOST_TOGETHER + 1):
        busy.come(number, "TEA")
    busy.let_go()
    assert busy.errors == [error] * (MOST_TOGETHER + 1)
    done: list[int] = []
    busy.turns.together(0, ["TEA"], done.extend)
    assert done == [0]


def test_an_error_is_raised_for_everyone_of_the_group_and_the_next_can_go() -> None:
    busy = Busy("TEA")

    def fail(group: Sequence[int]) -> None:
        raise KeyError(len(group))

    busy.work = fail  # type: ignore[method-assign]
    busy.come(0, "TEA")
    busy.come(1, "TEA")
    busy.let_go()
    assert [error.args for error in busy.errors] == [(2,), (2,)]
    done: list[int] = []
    busy.turns.together(2, ["TEA"], done.extend)
    assert done == [2]
