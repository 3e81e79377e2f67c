"""A process that works with the storage code of some version of the app: `workload.py NUMBER`.

Runs alone, with the version's folder on the path. Reads one line of JSON from standard input:
`{"storage", "skus", "orders", "at_once", "steps", "run"}`, prints `ready` when its clients are
connected, begins at the next line, and prints what it took.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def open_app(storage: str) -> Any:
    """Return the version's shop and the function that reads an order.

    The one place that knows what the versions call things.
    """
    try:
        from ordering.model import parse_order
        from ordering.shop import open_shop
    except ImportError:  # 898c4a3 and before
        from ordering.contracts import parse_order  # type: ignore[import-not-found,no-redef]
        from ordering.services import open_shop  # type: ignore[import-not-found,no-redef]
    return open_shop(storage), parse_order


def accept(shop: Any, order: Any) -> None:
    """Take the order's id for it."""
    if hasattr(shop, "accepted"):
        shop.accepted.accept(order)
    else:
        shop.claims.claim(order)


def main(number: int) -> None:
    """Do what standard input says."""
    job = json.loads(sys.stdin.readline())
    shop, parse_order = open_app(job["storage"])
    skus = job["skus"]
    # What an app at work has seen, and the connections that it has.
    shop.catalogue.currencies(skus)

    def order_of(name: str, sku: str) -> Any:
        lines = [{"sku": sku, "quantity": 1}]
        customer = {"customerId": "ada", "paymentMethod": "pm_card_visa"}
        return parse_order({"orderId": name, "items": lines, **customer})

    def serve(order: Any) -> float:
        started = time.perf_counter()
        if job["steps"] == "all":
            shop.catalogue.currencies(item.sku for item in order.items)
            accept(shop, order)
        assert shop.inventory.check_and_reserve(order)
        if job["steps"] == "all":
            assert shop.payments.pay(order)["status"] == "charged"
        return time.perf_counter() - started

    names = [f"{job['run']}-{number}-{each:05d}" for each in range(job["orders"])]
    orders = [order_of(name, skus[each % len(skus)]) for each, name in enumerate(names)]
    with ThreadPoolExecutor(job["at_once"]) as pool:
        list(pool.map(lambda _: time.sleep(0.01), range(job["at_once"])))
        print("ready", flush=True)
        sys.stdin.readline()
        started, cpu = time.perf_counter(), time.process_time()
        latencies = list(pool.map(serve, orders))
        taken = time.perf_counter() - started
    print(
        json.dumps(
            {
                "seconds": taken,
                "cpu_ms": 1000 * (time.process_time() - cpu) / len(orders),
                "slowest_ms": 1000 * max(latencies),
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
