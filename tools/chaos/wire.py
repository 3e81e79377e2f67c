"""What a wire does to one request: reset, refused, throttled, its answer lost or late."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

from aiohttp import web

# Longer than the shop reads, once in ten: ten seconds from storage, twenty from Stripe.
LONGEST = {"storage": 11.0, "stripe": 21.0}
USUAL = 2.5
RETRY_AFTER = 1

Work = Callable[[], Awaitable["web.Response | None"]]
Refuse = Callable[[int], "web.Response"]


async def suffer(kind: str, number: int, work: Work, refuse: Refuse) -> web.Response | None:
    """Answer a request that meets a fault; None drops the connection.

    `kind` is `storage` or `stripe` with `-reset`, `-lost`, `-late` or a status; only `lost` and
    `late` do the work.
    """
    target, _, how = kind.partition("-")
    if how == "reset":
        return None
    if how == "lost":
        await work()
        return None
    if how == "late":
        answer = await work()
        await asyncio.sleep(lateness(number, LONGEST[target]))
        return answer
    return refuse(int(how))


def lateness(number: int, longest: float) -> float:
    """Return by how many seconds the answer of a fault is late."""
    chance = random.Random(f"late {number}")
    return longest if chance.random() < 0.1 else chance.uniform(0.1, USUAL)
