import threading
from concurrent.futures import ThreadPoolExecutor

from functions_emulator.worker.lanes import LANES, Lanes


def test_a_lane_is_opened_when_all_are_stuck() -> None:
    gate, served = threading.Event(), threading.Event()

    def serve(call: str) -> None:
        if call == "blocks":
            gate.wait(10)
        else:
            served.set()

    with ThreadPoolExecutor(LANES + 1) as pool:
        lanes: Lanes[str] = Lanes(pool.submit, serve, lambda: None)
        for _ in range(LANES):
            lanes.add("blocks")
        lanes.add("waits")
        lanes.rescue()
        try:
            assert served.wait(5)
        finally:
            gate.set()


def test_many_threads_add_and_all_is_served() -> None:
    served = []
    with ThreadPoolExecutor(LANES) as pool:
        lanes: Lanes[int] = Lanes(pool.submit, served.append, lambda: None)
        with ThreadPoolExecutor(8) as adding:
            for number in range(2000):
                adding.submit(lanes.add, number)
    assert sorted(served) == list(range(2000))
