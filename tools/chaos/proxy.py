"""A proxy in front of storage that fails, delays and forgets some of the requests."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from tools.proxy import Proxy

_BUSY = json.dumps({"odata.error": {"code": "ServerBusy", "message": {"value": "made up"}}})


@dataclass(frozen=True)
class Faults:
    """Shares of the requests, from 0 to 1, that meet each fault; `delay` in seconds at most.

    `refused` are answered with 503 and not passed on; `lost` are passed on and their answers
    dropped with the connection.
    """

    refused: float = 0.0
    lost: float = 0.0
    delayed: float = 0.0
    delay: float = 1.0


NONE = Faults()


class FaultProxy(Proxy):
    """A Proxy with faults; the same seed makes the same choices, on whichever request is next."""

    def __init__(self, targets: Sequence[int], seed: int) -> None:
        super().__init__(targets)
        self.faults = NONE
        self.made: Counter[str] = Counter()
        self._chance = random.Random(seed)

    async def answer(self, target: int, request: web.Request, body: bytes) -> web.Response | None:
        """Return Azurite's answer or a fault's."""
        fault = self._choose()
        if fault == "refused":
            headers = {"x-ms-error-code": "ServerBusy", "Content-Type": "application/json"}
            return web.Response(status=503, text=_BUSY, headers=headers)
        if fault == "delayed":
            await asyncio.sleep(self._chance.uniform(0, self.faults.delay))
        answer = await super().answer(target, request, body)
        return None if fault == "lost" else answer

    def _choose(self) -> str:
        faults, number = self.faults, self._chance.random()
        for name, share in (
            ("refused", faults.refused),
            ("lost", faults.lost),
            ("delayed", faults.delayed),
        ):
            if number < share:
                self.made[name] += 1
                return name
            number -= share
        return ""
