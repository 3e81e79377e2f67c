"""Customers in threads: each takes the next order as soon as its last one has ended."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def serve(orders: int, in_flight: int, order: Callable[[str], float]) -> list[float]:
    """Take orders to their ends, so many at a time; give what `order` answers for each id."""
    numbers = iter(range(orders))
    lock = threading.Lock()
    latencies: list[float] = []

    def customer(_: int) -> None:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            latencies.append(order(f"order-{number}"))

    with ThreadPoolExecutor(in_flight) as customers:
        list(customers.map(customer, range(in_flight)))
    return latencies
