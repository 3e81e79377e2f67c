"""Measure the shops in turns, each run from an empty store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any

import psutil

from benchmarks.beside import ours, postgres, theirs
from benchmarks.beside.contender import Contender, Running
from benchmarks.beside.drive import Customers, open_customers
from benchmarks.beside.figures import IN_FLIGHT, Run, check_books, compare
from benchmarks.beside.trees import cpu_seconds
from benchmarks.figures import percentile, spread

CONTENDERS = (
    Contender("ours", "ours: host and 1 worker", partial(ours.running, 1)),
    Contender("ours_2", "ours: host and 2 workers", partial(ours.running, 2)),
    Contender("steps_1", "DBOS, plain steps, 1 process", partial(theirs.running, "plain_steps", 1)),
    Contender("steps_2", "DBOS, plain steps, 2", partial(theirs.running, "plain_steps", 2)),
    Contender("template_1", "DBOS, by template, 1", partial(theirs.running, "by_template", 1)),
    Contender("template_2", "DBOS, by template, 2", partial(theirs.running, "by_template", 2)),
)
PACKAGES = ("dbos", "fastapi", "uvicorn", "sqlalchemy", "psycopg")


@dataclass(frozen=True)
class Size:
    """How many rounds, and how many orders are placed for each part of a run.

    `orders` are by how many are in flight, most first: what compiles as it goes, as Azurite does,
    is warm by the time that one order has it all to itself.
    """

    rounds: int
    warm: int
    orders: dict[int, int]
    killed: int


FULL = Size(rounds=4, warm=96, orders={32: 240, 8: 160, 1: 60}, killed=100)
QUICK = Size(rounds=1, warm=32, orders={32: 96, 8: 40, 1: 12}, killed=50)


def measure(quick: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """Return every figure of every contender, and how many times the best of DBOS ours does."""
    size = QUICK if quick else FULL
    runs: dict[str, list[Run]] = {contender.key: [] for contender in CONTENDERS}
    loads = [psutil.getloadavg()[0]]
    for number in range(size.rounds):
        # Each is first in one round: the machine may get slower or faster meanwhile.
        for turn in range(len(CONTENDERS)):
            contender = CONTENDERS[(number + turn) % len(CONTENDERS)]
            runs[contender.key].append(run_once(contender, size))
        loads.append(psutil.getloadavg()[0])
        told = ", ".join(f"{key} {each[-1]['orders_at_32']:.0f}" for key, each in runs.items())
        say(f"  round {number + 1}  orders/s at 32: {told}")
    return {
        "rounds": size.rounds,
        "loads": spread(loads),
        "versions": versions(),
        "contenders": [_summary(contender, runs[contender.key]) for contender in CONTENDERS],
        "times_their_best": {str(level): compare(runs, level) for level in IN_FLIGHT},
    }


def run_once(contender: Contender, size: Size) -> Run:
    """Start a contender, measure all of it once, and look into its books."""
    with contender.open() as shop:
        found, placed = asyncio.run(_run(shop, size))
        check_books(contender.words, shop.books(), placed)
        found["bytes"] = shop.bytes_kept() / placed
    return found


async def _run(shop: Running, size: Size) -> tuple[Run, int]:
    found: Run = {}
    async with open_customers(shop) as customers:
        await customers.serve("warm", size.warm, 8)
        for level, orders in size.orders.items():
            found |= await _level(shop, customers, level, orders)
        recovered = await customers.outlive_a_kill("kill", size.killed)
    found["up_s"] = recovered.up_seconds
    found["recovered_s"] = recovered.seconds
    found["unfinished"] = recovered.unfinished
    return found, size.warm + sum(size.orders.values()) + size.killed


async def _level(shop: Running, customers: Customers, level: int, orders: int) -> Run:
    before = cpu_seconds(shop.server), cpu_seconds(shop.store)
    served = await customers.serve(f"at{level}", orders, level)
    after = cpu_seconds(shop.server), cpu_seconds(shop.store)
    server, store = (1000 * (b - a) / orders for a, b in zip(before, after, strict=True))
    return {
        f"orders_at_{level}": orders / served.seconds,
        f"p95_at_{level}": 1000 * percentile(served.latencies, 0.95),
        f"server_cpu_at_{level}": server,
        f"store_cpu_at_{level}": store,
    }


def versions() -> dict[str, str]:
    """Return the version of each package that the others consist of, and of Postgres."""
    with postgres.running() as database:
        return {"postgres": database.version, **{name: version(name) for name in PACKAGES}}


def _summary(contender: Contender, runs: list[Run]) -> dict[str, Any]:
    figures = {key: spread([run[key] for run in runs], 2) for key in runs[0]}
    return {"key": contender.key, "words": contender.words, **figures}
