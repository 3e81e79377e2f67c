"""What is measured of a version, each on an Azurite of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from benchmarks.against.app import App, running
from benchmarks.against.figures import Figures
from benchmarks.against.versions import Version
from benchmarks.against.workers import Job, work
from benchmarks.orders.customers import Served, run_customers
from benchmarks.orders.stand import open_stand, ports, shelf, stock
from tools.counting import CountingProxy
from tools.proxy import Proxy

DELAY_SECONDS = 0.025
HOT = "hot"
PROCESSES = 4
AT_ONCE = 8
SWEEPS = 4
# Makes a process print a line for each status call; see there.
COUNTED = Path(__file__).with_name("counted")
STATUS_CALL = "asked for a status"


@dataclass(frozen=True)
class Size:
    """How many orders each measurement takes."""

    code: int
    at_1: int
    at_32: int
    reservations: int
    hot: int
    swept: int
    rounds: int


FULL = Size(code=150, at_1=12, at_32=128, reservations=40, hot=200, swept=60, rounds=200)
QUICK = Size(code=40, at_1=5, at_32=48, reservations=15, hot=100, swept=20, rounds=20)


class SlowProxy(Proxy):
    """A Proxy that is as far away as storage in another data centre."""

    async def answer(self, target: int, request: web.Request, body: bytes) -> web.Response | None:
        """Return Azurite's answer, late."""
        await asyncio.sleep(DELAY_SECONDS)
        return await super().answer(target, request, body)


def measure_version(version: Version, size: Size) -> Figures:
    """Return every figure of figures.MEASURES for a version."""
    return {
        "storage_code_cpu_ms": _storage_code(version, size.code),
        **_app(version, size),
        **_one_sku(version, size.reservations),
        **_far_away(version, size.hot),
        **_sweep(version, size.swept),
        **_whole(version, size),
    }


def _storage_code(version: Version, orders: int) -> float:
    """Return the CPU milliseconds of accepting, reserving and paying for an order, one by one."""
    with _storage() as storage:
        return work(version, Job(storage, shelf(), orders)).cpu_ms


def _app(version: Version, size: Size) -> Figures:
    with _storage() as storage, running(version, storage) as app:
        # As many as are measured: threads, connections and Azurite's compiled code are there then.
        _serve(app, storage, "warm", size.at_32, 32)
        one = _serve(app, storage, "one", size.at_1, 1)
        many = _serve(app, storage, "many", size.at_32, 32)
    return {"orders_at_1": size.at_1 / one.seconds, "orders_at_32": size.at_32 / many.seconds}


def _whole(version: Version, size: Size) -> Figures:
    """Return the figures of the app on the host of its own time."""
    with _storage() as storage, running(version, storage, own_host=True) as app:
        _serve(app, storage, "warm", size.at_32, 32)
        many = _serve(app, storage, "many", size.at_32, 32)
        seconds = _rounds(app, size.rounds)
    return {"whole_at_32": size.at_32 / many.seconds, "whole_rounds_s": seconds}


def _rounds(app: App, rounds: int) -> float:
    """Return the seconds from an order's POST to its invoice, with so many checks in vain."""
    sku, order_id = "scarce", f"order-of-{rounds}"
    app.put_stock(sku, 0)
    started = time.perf_counter()
    app.place(order_id, sku)
    app.until_waiting(order_id)
    for done in range(rounds):
        app.proceed(order_id)
        app.until_waiting(order_id, attempt=done + 2)
    app.put_stock(sku, 1)
    app.proceed(order_id)
    app.until_invoiced(order_id)
    return time.perf_counter() - started


def _serve(app: App, storage: str, run: str, orders: int, in_flight: int) -> Served:
    served: Served = run_customers(
        app.base_url,
        storage,
        run,
        lambda customers: customers.serve("in stock", orders, in_flight),
    )
    return served


def _one_sku(version: Version, reservations: int) -> Figures:
    """Return the requests that a reservation takes where processes race for one SKU."""
    found: Figures = {}
    for at_once in (1, AT_ONCE):
        with _storage() as storage, CountingProxy(storage) as proxy:
            job = Job(proxy.connection, [HOT], reservations * at_once, at_once, "reserve")
            work(version, job, PROCESSES)
            # Each process reads the SKU once before it begins: not of a reservation.
            asked = proxy.counts.total() - PROCESSES
            found[f"requests_by_{PROCESSES * at_once}"] = asked / (job.orders * PROCESSES)
    return found


def _far_away(version: Version, orders: int) -> Figures:
    """Return the orders of one SKU a second, 32 at a time, of one process and of four."""
    found: Figures = {}
    for processes in (1, PROCESSES):
        with _storage() as storage, SlowProxy(list(ports(storage).values())) as proxy:
            far = proxy.through(storage)
            job = Job(far, [HOT], orders // processes, 32 // processes)
            done = work(version, job, processes)
            found[f"hot_by_{processes}"] = job.orders * processes / done.seconds
    return found


def _sweep(version: Version, orders: int) -> Figures:
    """Return what the sweep asks for beyond that of an empty shop, for each invoiced order.

    Sweeps until one costs no more than the empty one.
    """
    with _storage() as storage, CountingProxy(storage) as proxy:
        with running(version, proxy.connection, COUNTED) as app:
            app.sweep()
            empty = _one_sweep(app, proxy)
            _serve(app, storage, "swept", orders, AT_ONCE)
            requests = statuses = 0
            for _ in range(SWEEPS):
                asked = _one_sweep(app, proxy)
                requests += asked[0] - empty[0]
                statuses += asked[1] - empty[1]
                if asked[0] <= empty[0] and asked[1] <= empty[1]:
                    break
    return {"sweep_requests": requests / orders, "sweep_statuses": statuses / orders}


def _one_sweep(app: App, proxy: CountingProxy) -> tuple[int, int]:
    requests, statuses = proxy.counts.total(), app.log.count(STATUS_CALL)
    app.sweep()
    asked = app.log.count(STATUS_CALL)
    return proxy.counts.total() - requests, asked - statuses


@contextmanager
def _storage() -> Iterator[str]:
    """Start an Azurite with stock for all."""
    with open_stand(host=False) as stand:
        stock(stand.connection, [HOT])
        yield stand.connection
