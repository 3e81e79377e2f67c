import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from functions_emulator.worker.results import Results


class CountingLoop(asyncio.SelectorEventLoop):
    """An event loop that counts how often other threads wake it."""

    woken = 0

    def call_soon_threadsafe(self, *arguments: Any, **options: Any) -> Any:
        self.woken += 1
        return super().call_soon_threadsafe(*arguments, **options)


def test_results_that_come_together_wake_the_loop_once() -> None:
    loop = CountingLoop()
    results = Results(loop)
    futures: list[asyncio.Future[int]] = [loop.create_future() for _ in range(100)]

    def put() -> None:
        for number, future in enumerate(futures):
            results.put(future, number)

    thread = threading.Thread(target=put)
    thread.start()
    thread.join()
    assert loop.woken == 1
    assert loop.run_until_complete(asyncio.gather(*futures)) == list(range(100))
    loop.close()


def test_results_of_many_threads_all_arrive() -> None:
    async def wait() -> list[int]:
        loop = asyncio.get_running_loop()
        results = Results(loop)
        futures: list[asyncio.Future[int]] = [loop.create_future() for _ in range(2000)]
        with ThreadPoolExecutor(8) as pool:
            for number, future in enumerate(futures):
                pool.submit(results.put, future, number)
            return await asyncio.wait_for(asyncio.gather(*futures), 30)

    assert asyncio.run(wait()) == list(range(2000))


def test_errors_are_raised_and_cancelled_futures_left_alone() -> None:
    async def wait() -> None:
        loop = asyncio.get_running_loop()
        results = Results(loop)
        bad: asyncio.Future[int] = loop.create_future()
        cancelled: asyncio.Future[int] = loop.create_future()
        cancelled.cancel()
        results.put(cancelled, 1)
        results.put(bad, None, ValueError("broken"))
        with pytest.raises(ValueError, match="broken"):
            await asyncio.wait_for(bad, 30)
        assert cancelled.cancelled()

    asyncio.run(wait())


def test_a_result_after_the_loop_has_closed_is_dropped() -> None:
    loop = asyncio.new_event_loop()
    future: asyncio.Future[int] = loop.create_future()
    loop.close()
    Results(loop).put(future, 1)
    assert not future.done()
