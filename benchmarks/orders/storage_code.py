"""The app's storage code alone: the same requests through the Azure SDK, without any host."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from benchmarks.orders.stand import shelf
from ordering.model import parse_order
from ordering.shop import open_shop

# As many threads as Python gives the worker on two cores; more of them are no faster.
THREADS = 6


def measure_storage_code(storage: str, orders: int, in_flight: int) -> float:
    """Return how many orders per second are accepted, reserved and paid for, in one process."""
    shop = open_shop(storage)
    # What the app has seen by the time that it is measured.
    shop.catalogue.currencies(shelf())

    def serve(number: int) -> None:
        order = parse_order(
            {
                "orderId": f"code-{number:05d}",
                "customerId": "ada",
                "paymentMethod": "pm_card_visa",
                "items": [{"sku": shelf()[number % len(shelf())], "quantity": 2}],
            }
        )
        shop.catalogue.currencies(item.sku for item in order.items)
        shop.accepted.accept(order)
        assert shop.inventory.check_and_reserve(order)
        assert shop.payments.pay(order)["status"] == "charged"

    started = time.perf_counter()
    with ThreadPoolExecutor(min(in_flight, THREADS)) as pool:
        list(pool.map(serve, range(orders)))
    return orders / (time.perf_counter() - started)
