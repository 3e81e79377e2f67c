import random
import threading
from concurrent.futures import ThreadPoolExecutor

from ordering.stock.turns import Turns


def test_one_thread_at_a_time_works_on_a_sku() -> None:
    turns, working, most = Turns(), 0, 0
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
    turns = Turns()
    entered = threading.Event()

    def work() -> None:
        with turns.at(["MUG"]):
            entered.set()

    with turns.at(["TEA"]):
        other = threading.Thread(target=work)
        other.start()
        assert entered.wait(10)
        other.join()


def test_no_two_orders_wait_for_each_other() -> None:
    turns = Turns()
    skus = [f"SKU{number}" for number in range(6)]

    def work(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(100):
            with turns.at(chance.sample(skus, 3)):
                pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8), timeout=60))


def test_skus_that_share_a_lock_do_no_harm() -> None:
    turns = Turns()
    with turns.at(f"SKU{number}" for number in range(1000)):
        pass
    with turns.at([]):
        pass


def test_a_turn_ends_with_an_error_too() -> None:
    turns = Turns()
    for _ in range(2):
        try:
            with turns.at(["TEA"]):
                raise KeyError
        except KeyError:
            pass
